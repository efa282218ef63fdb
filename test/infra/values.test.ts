import { CfnParameter, Duration, type Stack } from 'aws-cdk-lib';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Alias } from 'aws-cdk-lib/aws-kms';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import * as tasks from '../../examples/tasks.ts';
import type { HoldfastProps } from '../../infra/index.ts';
import { createApi } from '../../lib/lambda/api.ts';
import { construct } from './synthesize.ts';

const parameter = (stack: Stack) => new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber;
const keys = {
  partitionKey: { name: 'pk', type: AttributeType.STRING },
  sortKey: { name: 'sk', type: AttributeType.STRING },
};
const jwt = { issuer: 'https://issuer.example', audience: ['a'] };
const gpu = (pool: NonNullable<HoldfastProps['pools']>[string]) => ({ pools: { gpu: pool } });

describe('the construct refuses', () => {
  it.each<[string, (stack: Stack) => Partial<HoldfastProps>, string]>([
    ['a claim without a name', () => ({ jwt: { ...jwt, tenantClaim: '' } }), 'jwt.tenantClaim'],
    ['an issuer without TLS', () => ({ jwt: { ...jwt, issuer: 'http://issuer.example' } }), 'jwt.issuer'],
    ['tokens for nobody', () => ({ jwt: { ...jwt, audience: [] } }), 'jwt.audience'],
    [
      'a queue whose name the functions would refuse',
      (stack) => ({ deliveryQueues: { 'a b!': new Queue(stack, 'Results') } }),
      'deliveryQueues["a b!"]',
    ],
    ['an alarm at none', () => ({ alarms: { throttles: 0 } }), 'alarms.throttles'],
    ['an alarm at less than none', () => ({ alarms: { leasesLost: -1 } }), 'alarms.leasesLost'],
    ['an alarm at half a message', () => ({ alarms: { deadLetterDepth: 0.5 } }), 'alarms.deadLetterDepth'],
    ['an alarm at no number', () => ({ alarms: { costPerDay: Number.NaN } }), 'alarms.costPerDay'],
    ['an alarm at any attempt', () => ({ alarms: { claimsPerTask: 0 } }), 'alarms.claimsPerTask'],
    ['an alarm at once', () => ({ alarms: { oldestRun: Duration.seconds(5) } }), 'alarms.oldestRun'],
    [
      'the alias of a key',
      (stack) => ({ encryptionKey: Alias.fromAliasName(stack, 'Alias', 'alias/jobs') }),
      'encryptionKey',
    ],
    [
      'a table with other keys',
      (stack) => ({ table: new Table(stack, 'Own', { partitionKey: keys.partitionKey }) }),
      'table',
    ],
    ['a table without the index', (stack) => ({ table: new Table(stack, 'Own', keys) }), 'table'],
    ['a number that is not known yet', (stack) => ({ openRuns: parameter(stack) }), 'openRuns'],
    [
      'memory that is not known yet',
      (stack) => gpu({ memorySize: parameter(stack) }),
      'pools.gpu.memorySize',
    ],
    [
      'tags that are not known yet',
      (stack) => gpu({ tags: new CfnParameter(stack, 'T', { type: 'CommaDelimitedList' }).valueAsList }),
      'pools.gpu.tags',
    ],
    [
      'a time that is not known yet',
      (stack) => gpu({ timeout: Duration.seconds(parameter(stack)) }),
      'pools.gpu.timeout',
    ],
    [
      'a lane whose concurrency is not known yet',
      (stack) => gpu({ lanes: { high: { maxConcurrency: parameter(stack) } } }),
      'pools.gpu.lanes.high.maxConcurrency',
    ],
    ['variables beyond 4 KB', () => ({ environment: { LARGE: 'x'.repeat(3_300) } }), 'environment'],
    [
      'variables of a pool beyond 4 KB',
      () => ({ environment: { A: 'x'.repeat(1_500) }, ...gpu({ environment: { B: 'x'.repeat(1_900) } }) }),
      'pools.gpu.environment',
    ],
    [
      'tags beyond 4 KB',
      () => gpu({ tags: Array.from({ length: 60 }, (_, n) => `${n}`.padEnd(60, 'x')) }),
      'environment',
    ],
  ])('%s', (_, props, field) => {
    expect(() => construct(props)).toThrow(
      expect.objectContaining({ code: 'InvalidProperty', field, hint: expect.stringMatching(/./) }),
    );
  });
});

describe('the construct takes', () => {
  it('one dead-letter queue for several pools, and reads it once', () => {
    const { template } = construct((stack) => {
      const deadLetterQueue = new Queue(stack, 'Refused', { visibilityTimeout: Duration.minutes(5) });
      return { pools: { default: { deadLetterQueue }, gpu: { tags: ['gpu'], deadLetterQueue } } };
    });
    // One for each pool's own queue, and one for what they share.
    template.resourceCountIs('AWS::Lambda::EventSourceMapping', 3);
  });

  it('what is given as undefined for what is left out', () => {
    const none = undefined as never;
    const { holdfast } = construct({ pools: { gpu: none, eu: { tags: ['eu'], lanes: { high: none } } } });
    expect(Object.keys(holdfast.pools)).toEqual(['default', 'eu']);
  });

  it('a key and a claim that are known only when it is deployed', () => {
    const { template } = construct((stack) => {
      const text = (id: string) => new CfnParameter(stack, id).valueAsString;
      return { jwt: { ...jwt, issuer: text('Issuer'), tenantClaim: text('Claim') } };
    });
    template.resourceCountIs('AWS::ApiGatewayV2::Authorizer', 1);
  });
});

it('the API does not start with an empty claim, as if any tenant were to be named', () => {
  const env = {
    HOLDFAST_TABLE: 'holdfast',
    HOLDFAST_POOLS: '{"default":{"lanes":{"normal":"https://sqs.example/1/q"}}}',
    HOLDFAST_TENANT_CLAIM: '',
    AWS_REGION: 'us-east-1',
  };
  expect(() => createApi({ tasks, env })).toThrow(
    expect.objectContaining({ code: 'InvalidSetting', field: 'HOLDFAST_TENANT_CLAIM' }),
  );
});
