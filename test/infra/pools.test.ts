import { App, Duration } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { optionsFromContext } from '../../infra/options.ts';
import { readPools } from '../../lib/config/pools.ts';
import { construct, synthesize } from './synthesize.ts';

const functionType = 'AWS::Lambda::Function';
const queueType = 'AWS::SQS::Queue';
const mappingType = 'AWS::Lambda::EventSourceMapping';

const stack = construct((within) => ({
  pools: {
    gpu: {
      tags: ['gpu'],
      memorySize: 1_024,
      timeout: Duration.minutes(2),
      architecture: Architecture.X86_64,
      maxConcurrency: 4,
      reservedConcurrency: 100,
      batchSize: 20,
      batchWindow: Duration.seconds(3),
      lanes: { aged: {}, high: { maxConcurrency: 9 }, low: {} },
      environment: { MODEL: 'large', HOLDFAST_LEASE: '90s' },
    },
    inside: { tags: ['inside'], vpc: new Vpc(within, 'Vpc', { natGateways: 0 }) },
  },
}));
const { idOf, ofType, resources } = stack;
/** Without those that a VPC brings. */
const functions = ofType(functionType).filter(([id]) => id.startsWith('Jobs'));
const executor = idOf(functionType, 'JobsPoolgpuExecutor');

/** The variables of a function. */
function variablesOf(id: string): Record<string, unknown> {
  const { Environment } = (resources[id]?.Properties ?? {}) as { Environment?: { Variables: object } };
  return { ...Environment?.Variables };
}

/** The queue that each mapping of a function is fed by, and what else it says. */
const mappingsOf = (target: string) =>
  ofType(mappingType)
    .map(([, { Properties }]) => Properties as unknown as Record<string, unknown>)
    .filter(({ FunctionName }) => (FunctionName as { Ref: string }).Ref === target)
    .map(({ EventSourceArn, ...rest }) => ({
      ...rest,
      queue: (EventSourceArn as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0],
    }));

/** The variable as a function reads it, each reference by the logical id that it names. */
function poolsText(id: string): string {
  const value = variablesOf(id).HOLDFAST_POOLS as { 'Fn::Join': [string, (string | { Ref: string })[]] };
  return value['Fn::Join'][1]
    .map((part) => (typeof part === 'string' ? part : `https://q/${part.Ref}`))
    .join('');
}

describe('a pool', () => {
  it('is a function of its own, configured as asked', () => {
    expect(resources[executor]?.Properties).toMatchObject({
      MemorySize: 1_024,
      Timeout: 120,
      Architectures: ['x86_64'],
      ReservedConcurrentExecutions: 100,
      RecursiveLoop: 'Allow',
    });
    expect(variablesOf(executor)).toMatchObject({
      HOLDFAST_POOL: 'gpu',
      MODEL: 'large',
      HOLDFAST_LEASE: '90s',
    });
    const usual = idOf(functionType, 'JobsExecutor');
    expect(resources[usual]?.Properties).toMatchObject({
      MemorySize: 256,
      Timeout: 900,
      Architectures: ['arm64'],
    });
    expect(variablesOf(usual)).toMatchObject({ HOLDFAST_POOL: 'default' });
    expect(variablesOf(usual)).not.toHaveProperty('MODEL');
  });

  it('has a queue and a mapping for each lane, that of what has aged by itself', () => {
    const mappings = mappingsOf(executor);
    expect(mappings.map(({ queue }) => resources[queue]?.Type)).toEqual(Array(4).fill(queueType));
    expect(new Set(mappings.map(({ queue }) => queue)).size).toBe(4);
    const most = (lane: string) => {
      const { ScalingConfig } = mappings.find(({ queue }) =>
        queue.startsWith(`JobsPoolgpuDoorbellsQueue${lane}`),
      ) as unknown as { ScalingConfig: object };
      return ScalingConfig;
    };
    expect(['Aged', 'High', 'Low'].map(most)).toEqual([
      { MaximumConcurrency: 4 },
      { MaximumConcurrency: 9 },
      { MaximumConcurrency: 4 },
    ]);
    for (const mapping of mappings)
      expect(mapping).toMatchObject({
        BatchSize: 20,
        MaximumBatchingWindowInSeconds: 3,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      });
  });

  it('hides messages for six times its timeout and its window, and shares one queue for dead letters', () => {
    const queues = mappingsOf(executor).map(({ queue }) => resources[queue]?.Properties);
    const dead = idOf(queueType, 'JobsPoolgpuDoorbellsDeadLetterQueue');
    for (const queue of queues)
      expect(queue).toMatchObject({
        VisibilityTimeout: 6 * 120 + 3,
        RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [dead, 'Arn'] }, maxReceiveCount: 10 },
      });
    const letters = idOf(functionType, 'JobsDeadLetters');
    expect(mappingsOf(letters).map(({ queue }) => queue)).toContain(dead);
    expect(mappingsOf(letters)).toHaveLength(3);
  });

  it('is known to every function as the functions read it, `default` first', () => {
    const texts = new Set(functions.map(([id]) => poolsText(id)));
    expect(texts.size).toBe(1);
    const pools = readPools({ HOLDFAST_POOLS: [...texts][0] });
    expect(Object.keys(pools)).toEqual(['default', 'gpu', 'inside']);
    expect(Object.keys(pools.gpu?.lanes ?? {}).sort()).toEqual(['aged', 'high', 'low', 'normal']);
    expect(pools).toMatchObject({
      default: { tags: [], lanes: { normal: expect.stringContaining('JobsDoorbellsQueue') } },
      gpu: {
        tags: ['gpu'],
        lanes: {
          aged: expect.stringContaining('JobsPoolgpuDoorbellsQueueAged'),
          normal: expect.stringMatching(/JobsPoolgpuDoorbellsQueue[^AHL]/),
        },
      },
    });
  });

  it('receives from its own queues only, and rings those of all', () => {
    const statements = (prefix: string) => {
      const role = resources[idOf('AWS::IAM::Role', prefix)]?.Properties as unknown as {
        Policies: { PolicyDocument: { Statement: { Action: string | string[]; Resource: unknown }[] } }[];
      };
      return role.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    };
    const queuesFor = (prefix: string, action: string) =>
      statements(prefix)
        .filter(({ Action }) => [Action].flat().includes(action))
        .flatMap(
          ({ Resource }) =>
            JSON.stringify(Resource).match(/Jobs\w*DoorbellsQueue\w*?(?=[0-9A-F]{8}")/g) ?? [],
        );
    const own = ['', 'Aged', 'High', 'Low'].map((lane) => `JobsPoolgpuDoorbellsQueue${lane}`);
    const all = ['JobsDoorbellsQueue', ...own, 'JobsPoolinsideDoorbellsQueue'];
    expect(queuesFor('JobsPoolgpuExecutor', 'sqs:ReceiveMessage').sort()).toEqual(own);
    expect(queuesFor('JobsPoolgpuExecutor', 'sqs:SendMessage').sort()).toEqual(all);
    expect(queuesFor('JobsExecutor', 'sqs:ReceiveMessage')).toEqual(['JobsDoorbellsQueue']);
    expect(queuesFor('JobsDiscovery', 'sqs:SendMessage').sort()).toEqual(all);
    expect(queuesFor('JobsApi', 'sqs:SendMessage').sort()).toEqual(all);
  });

  it('in a VPC is in its private subnets, and may have network interfaces', () => {
    const inside = idOf(functionType, 'JobsPoolinsideExecutor');
    expect(resources[inside]?.Properties).toMatchObject({
      VpcConfig: { SubnetIds: [expect.anything(), expect.anything()], SecurityGroupIds: [expect.anything()] },
    });
    const withNetwork = ofType('AWS::IAM::Role').filter(([, role]) =>
      JSON.stringify(role).includes('ec2:CreateNetworkInterface'),
    );
    expect(withNetwork.map(([id]) => id)).toEqual([idOf('AWS::IAM::Role', 'JobsPoolinsideExecutor')]);
  });

  it('exposes its parts', () => {
    const { pools } = stack.holdfast;
    expect(Object.keys(pools)).toEqual(['default', 'gpu', 'inside']);
    expect(Object.keys(pools.gpu?.lanes ?? {})).toEqual(['aged', 'high', 'normal', 'low']);
    expect(pools.gpu?.queue).toBe(pools.gpu?.lanes.normal);
    expect(stack.stack.resolve(pools.gpu?.function.functionName)).toEqual({ Ref: executor });
  });
});

it('takes a dead-letter queue that is there', () => {
  const given = construct((within) => ({
    pools: {
      default: { deadLetterQueue: new Queue(within, 'Mine', { visibilityTimeout: Duration.hours(1) }) },
    },
  }));
  expect(given.ofType(queueType)).toHaveLength(2);
  const [, { Properties }] = given.ofType(queueType).find(([id]) => id.startsWith('JobsDoorbells')) ?? [
    '',
    {},
  ];
  expect(JSON.stringify(Properties)).toContain(given.idOf(queueType, 'Mine'));
});

describe('the context', () => {
  const options = (context: Record<string, unknown>) => optionsFromContext(new App({ context }).node);
  const pools = {
    gpu: { tags: ['gpu'], timeout: 120, architecture: 'x86_64', lanes: ['high', 'aged'], batchSize: 5 },
  };

  it.each([pools, JSON.stringify(pools)])('makes pools: %j', (given) => {
    expect(options({ pools: given }).pools?.gpu).toEqual({
      tags: ['gpu'],
      timeout: Duration.seconds(120),
      architecture: Architecture.X86_64,
      lanes: { high: {}, aged: {} },
      batchSize: 5,
    });
  });

  it('makes them in the stack', () => {
    const deployed = synthesize(options({ pools, executorTimeout: 60, maxConcurrency: 3 }));
    expect(deployed.ofType(queueType)).toHaveLength(2 + 4);
    const usual = deployed.idOf(functionType, 'Executor');
    expect(deployed.resources[usual]?.Properties).toMatchObject({ Timeout: 60 });
    deployed.template.hasResourceProperties(mappingType, { ScalingConfig: { MaximumConcurrency: 3 } });
    const names = deployed.ofType(functionType).map(([, { Properties }]) => String(Properties.FunctionName));
    expect(names).toContain('Holdfast-execute-gpu');
  });

  it.each([
    ['{', 'pools must be JSON'],
    [{ gpu: { tag: 'gpu' } }, 'Unrecognized key: "tag"'],
    [{ gpu: { timeout: '5m' } }, 'timeout'],
  ])('refuses %j', (given, message) => {
    expect(() => options({ pools: given })).toThrow(message);
  });

  it('makes alarms', () => {
    expect(options({ alarms: '{"oldestRun":900,"costPerDay":5}' }).alarms).toEqual({
      oldestRun: Duration.seconds(900),
      costPerDay: 5,
    });
    expect(() => options({ alarms: '{"all":true}' })).toThrow('Unrecognized key: "all"');
  });
});
