import { Duration } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, it } from 'vitest';
import type { HoldfastProps, PoolProps } from '../../infra/index.ts';
import { HoldfastError } from '../../lib/model/errors.ts';
import { construct } from './synthesize.ts';

/** What is refused: its code, what it is about, and what it says. */
function refusal(props: Parameters<typeof construct>[0]): HoldfastError {
  try {
    construct(props);
  } catch (error) {
    if (error instanceof HoldfastError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
const ofPool = (pool: PoolProps, name = 'gpu') => refusal({ pools: { [name]: pool } });
const minutes = (count: number) => Duration.minutes(count);

describe('the construct refuses, with a hint,', () => {
  it.each<[string, PoolProps, string, string]>([
    [
      'a timeout beyond what Lambda allows',
      { timeout: minutes(16) },
      'pools.gpu.timeout',
      '1 second to 15 minutes',
    ],
    [
      'messages that come back while they are worked on',
      { timeout: minutes(10), visibilityTimeout: minutes(59) },
      'pools.gpu.visibilityTimeout',
      'is 3540 s, less than six times the timeout of 600 s and the batch window: 3600 s',
    ],
    [
      'a window that the visibility leaves out',
      { timeout: minutes(1), visibilityTimeout: minutes(6), batchWindow: Duration.seconds(1) },
      'pools.gpu.visibilityTimeout',
      'less than six times',
    ],
    [
      'visibility beyond 12 hours',
      { visibilityTimeout: Duration.hours(13) },
      'pools.gpu.visibilityTimeout',
      '12 hours',
    ],
    ['a concurrency of one', { maxConcurrency: 1 }, 'pools.gpu.maxConcurrency', 'from 2 to 1000'],
    ['a concurrency of 1,001', { maxConcurrency: 1_001 }, 'pools.gpu.maxConcurrency', 'from 2 to 1000'],
    [
      'a lane with a concurrency of one',
      { lanes: { high: { maxConcurrency: 1 } } },
      'pools.gpu.lanes.high.maxConcurrency',
      'from 2 to 1000',
    ],
    [
      'lanes that ask for more than is reserved',
      { reservedConcurrency: 10, maxConcurrency: 6, lanes: { high: {} } },
      'pools.gpu.reservedConcurrency',
      'is 10, but its lanes may ask for 12',
    ],
    ['batches of more than ten without a window', { batchSize: 11 }, 'pools.gpu.batchSize', 'need a window'],
    [
      'batches of 10,001',
      { batchSize: 10_001, batchWindow: minutes(1) },
      'pools.gpu.batchSize',
      'from 1 to 10000',
    ],
    ['a window beyond 5 minutes', { batchWindow: minutes(6) }, 'pools.gpu.batchWindow', '5 minutes'],
    ['too little memory', { memorySize: 64 }, 'pools.gpu.memorySize', '128 to 10240 MiB'],
    [
      'an unknown lane',
      { lanes: { urgent: {} } as PoolProps['lanes'] },
      'pools.gpu.lanes',
      'no lane "urgent"',
    ],
    ['an empty tag', { tags: [''] }, 'pools.gpu.tags', 'has ""'],
    ['subnets without a VPC', { vpcSubnets: {} }, 'pools.gpu', 'no VPC'],
    [
      'variables that are its own',
      { environment: { HOLDFAST_POOL: 'other' } },
      'pools.gpu.environment',
      'sets HOLDFAST_POOL',
    ],
  ])('%s', (_, pool, field, what) => {
    const error = ofPool(pool);
    expect(error).toMatchObject({ code: 'InvalidProperty', field, hint: expect.any(String) });
    expect(error.message).toMatch(new RegExp(`^InvalidProperty: ${field.replaceAll('.', '\\.')} `));
    expect(error.message).toContain(what);
    // The CDK shows nothing but the message.
    expect(error.message.endsWith(error.hint)).toBe(true);
  });

  it.each(['', '1st', 'a b', 'ä', `a${'b'.repeat(32)}`, '-x'])('the pool name %j', (name) => {
    expect(ofPool({ tags: ['x'] }, name)).toMatchObject({ code: 'InvalidProperty' });
  });

  it.each<[string, Partial<HoldfastProps>, string]>([
    ['tasks that are not there', { entry: 'no/such/tasks.ts' }, 'entry'],
    [
      'tags that no pool carries',
      { requiredTags: [['gpu', 'eu']], pools: { gpu: { tags: ['gpu'] } } },
      'requiredTags',
    ],
    ['a log level that would be overruled', { environment: { HOLDFAST_LOG_LEVEL: 'debug' } }, 'environment'],
    ['a log level that there is not', { logLevel: 'loud' }, 'logLevel'],
    ['variables that are its own', { environment: { HOLDFAST_TABLE: 'x' } }, 'environment'],
    [
      'more lanes than their URLs have room for',
      {
        pools: Object.fromEntries(
          Array.from({ length: 6 }, (_, n) => [`p${n}`, { tags: [`t${n}`], lanes: { high: {}, low: {} } }]),
        ),
      },
      'pools',
    ],
    [
      'a cost of more metrics than an alarm reads',
      {
        alarms: { costPerDay: 1 },
        pools: Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`p${n}`, { tags: [`t${n}`] }])),
      },
      'alarms.costPerDay',
    ],
  ])('%s', (_, props, field) => {
    expect(refusal(props)).toMatchObject({ code: 'InvalidProperty', field });
  });

  it('settings out of their range, by their variables', () => {
    const environment = { HOLDFAST_LEASE: '1ms' };
    expect(refusal({ environment })).toMatchObject({ code: 'InvalidSetting', field: 'HOLDFAST_LEASE' });
    expect(ofPool({ environment })).toMatchObject({ code: 'InvalidSetting', field: 'HOLDFAST_LEASE' });
    expect(refusal({ retention: Duration.minutes(1) })).toMatchObject({ field: 'HOLDFAST_RETENTION' });
  });
});

it('takes what is just allowed', () => {
  const { warnings } = construct((stack) => ({
    requiredTags: [['gpu'], ['eu', 'gpu'], []],
    pools: {
      gpu: {
        tags: ['gpu', 'eu'],
        timeout: minutes(15),
        visibilityTimeout: Duration.seconds(5_401),
        batchSize: 10_000,
        batchWindow: Duration.seconds(1),
        maxConcurrency: 2,
        reservedConcurrency: 1_002,
        lanes: { high: { maxConcurrency: 1_000 } },
        vpc: new Vpc(stack, 'Vpc', { natGateways: 0 }),
      },
      [`Z${'9'.repeat(31)}`]: { tags: ['x'] },
    },
  }));
  expect(warnings).toEqual([]);
});

describe('the construct warns', () => {
  it.each<[string, Partial<HoldfastProps>, string]>([
    [
      'of pools that tags never lead to',
      { pools: { idle: {} } },
      'Nothing comes to the pool idle: it has no tags',
    ],
    [
      'of pools whose tags an earlier one has, too',
      { pools: { big: { tags: ['gpu', 'eu'] }, small: { tags: ['gpu'] } } },
      'Nothing comes to the pool small: big carries all of its tags',
    ],
    [
      'of tags that the default pool has, too',
      { pools: { default: { tags: ['gpu'] }, gpu: { tags: ['gpu'] } } },
      'Nothing comes to the pool gpu: default carries all of its tags',
    ],
    [
      'of reserved invocations that queues may exceed',
      { pools: { gpu: { tags: ['gpu'], reservedConcurrency: 5 } } },
      'The pool gpu reserves 5 invocations without a maxConcurrency',
    ],
    [
      'of tasks that may take longer than their function',
      {
        environment: { HOLDFAST_TASK_TIMEOUT: '600s' },
        pools: { short: { tags: ['short'], timeout: minutes(5) } },
      },
      'Tasks of the pool short may take 600 s, an invocation 300 s',
    ],
  ])('%s', (_, props, said) => {
    expect(construct(props).warnings).toEqual([expect.stringContaining(said)]);
  });

  it('of nothing else', () => {
    const pools = { small: { tags: ['gpu'] }, big: { tags: ['gpu', 'eu'] } };
    expect(construct({ pools }).warnings).toEqual([]);
  });
});
