import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { createTableInput } from '../../lib/dynamodb/create-table.ts';
import { synthesize } from './synthesize.ts';

const { template, resources, ofType, idOf } = synthesize();
const functionType = 'AWS::Lambda::Function';
const mappingType = 'AWS::Lambda::EventSourceMapping';

describe('the table', () => {
  it('is the one the store works with, as the contract tests create it', () => {
    const { TableName, ...input } = createTableInput('any');
    template.hasResourceProperties('AWS::DynamoDB::Table', input);
    expect(ofType('AWS::DynamoDB::Table')).toHaveLength(1);
  });

  it('expires items, and can be restored to any second', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  it('outlives its stack unless told otherwise', () => {
    const [[, kept] = []] = ofType('AWS::DynamoDB::Table');
    expect(kept).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    const [[, gone] = []] = synthesize({ removalPolicy: RemovalPolicy.DESTROY }).ofType(
      'AWS::DynamoDB::Table',
    );
    expect(gone).toMatchObject({ DeletionPolicy: 'Delete' });
  });
});

describe('the queues', () => {
  const timeouts = (stack: ReturnType<typeof synthesize>) =>
    stack.ofType(mappingType).map(([, { Properties }]) => {
      const { EventSourceArn, FunctionName } = Properties as unknown as {
        EventSourceArn: { 'Fn::GetAtt': [string, string] };
        FunctionName: { Ref: string };
      };
      const queue = stack.resources[EventSourceArn['Fn::GetAtt'][0]]?.Properties;
      const consumer = stack.resources[FunctionName.Ref]?.Properties;
      return { visibility: Number(queue?.VisibilityTimeout), timeout: Number(consumer?.Timeout) };
    });

  it.each([undefined, Duration.seconds(30), Duration.minutes(15)])(
    'hide a message for at least six times the timeout of their function (executor: %s)',
    (executorTimeout) => {
      const pairs = timeouts(synthesize({ executorTimeout }));
      expect(pairs).toHaveLength(2);
      for (const { visibility, timeout } of pairs) {
        expect(timeout).toBeGreaterThan(0);
        expect(visibility).toBeGreaterThanOrEqual(6 * timeout);
        expect(visibility).toBeLessThanOrEqual(43_200);
      }
    },
  );

  it('are encrypted, and refuse requests without TLS', () => {
    const queues = ofType('AWS::SQS::Queue');
    expect(queues).toHaveLength(2);
    for (const [, { Properties }] of queues) expect(Properties).toMatchObject({ SqsManagedSseEnabled: true });
    for (const [, { Properties }] of ofType('AWS::SQS::QueuePolicy')) {
      expect(Properties).toMatchObject({
        PolicyDocument: {
          Statement: [{ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
        },
      });
    }
    expect(ofType('AWS::SQS::QueuePolicy')).toHaveLength(2);
  });

  it('give up on a message after ten receives', () => {
    const deadLetters = idOf('AWS::SQS::Queue', 'DoorbellsDeadLetterQueue');
    template.hasResourceProperties('AWS::SQS::Queue', {
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters, 'Arn'] }, maxReceiveCount: 10 },
    });
  });
});

describe('the functions', () => {
  it('are four, on Node 24 and arm64, each with its own log that ends', () => {
    const functions = ofType(functionType);
    expect(functions).toHaveLength(4);
    const logs = functions.map(([, { Properties }]) => {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        MemorySize: 256,
        Handler: 'index.handler',
      });
      return (Properties as unknown as { LoggingConfig: { LogGroup: { Ref: string } } }).LoggingConfig
        .LogGroup.Ref;
    });
    expect(new Set(logs).size).toBe(4);
    for (const log of logs) expect(resources[log]?.Properties).toMatchObject({ RetentionInDays: 14 });
    for (const [id, { Properties }] of functions) {
      const log = logs[functions.findIndex(([own]) => own === id)] ?? '';
      const name = String(Properties.FunctionName);
      expect(name).toMatch(/^Holdfast-(execute|discover|dead-letter|api)$/);
      expect(resources[log]?.Properties.LogGroupName).toBe(`/aws/lambda/${name}`);
    }
  });

  it('read the names that the stack gives', () => {
    const table = { Ref: idOf('AWS::DynamoDB::Table', 'Runs') };
    for (const [, { Properties }] of ofType(functionType)) {
      expect(Properties).toMatchObject({
        Environment: {
          Variables: {
            HOLDFAST_TABLE: table,
            HOLDFAST_POOLS: expect.anything(),
            POWERTOOLS_METRICS_NAMESPACE: 'Holdfast',
            POWERTOOLS_SERVICE_NAME: 'Holdfast',
          },
        },
      });
    }
  });

  it('execute no code that comes with requests, unless they are told to', () => {
    const variables = (stack: ReturnType<typeof synthesize>) =>
      stack.ofType(functionType).map(([, { Properties }]) => {
        const { Variables } = Properties.Environment as unknown as { Variables: Record<string, unknown> };
        return Variables.HOLDFAST_STORED_CODE;
      });
    expect(variables(synthesize())).toEqual(Array(4).fill(undefined));
    expect(variables(synthesize({ storedCode: true }))).toEqual(Array(4).fill('on'));
  });

  it('take batches of ten, of which single messages can come back', () => {
    const mappings = ofType(mappingType);
    expect(mappings).toHaveLength(2);
    for (const [, { Properties }] of mappings) {
      expect(Properties).toMatchObject({
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      });
    }
    synthesize({ maxConcurrency: 7 }).template.hasResourceProperties(mappingType, {
      ScalingConfig: { MaximumConcurrency: 7 },
    });
  });

  it('may call themselves through the queue only in the executor', () => {
    const allowed = ofType(functionType).filter(([, { Properties }]) => 'RecursiveLoop' in Properties);
    expect(allowed.map(([id]) => id)).toEqual([idOf(functionType, 'Executor')]);
    expect(allowed[0]?.[1].Properties.RecursiveLoop).toBe('Allow');
  });
});

it('discovery ticks once a minute, by one rule with one target, and looks as far ahead', () => {
  const rules = ofType('AWS::Events::Rule');
  expect(rules).toHaveLength(1);
  const discover = idOf(functionType, 'Discovery');
  expect(rules[0]?.[1].Properties).toMatchObject({
    ScheduleExpression: 'rate(1 minute)',
    State: 'ENABLED',
    Targets: [{ Arn: { 'Fn::GetAtt': [discover, 'Arn'] } }],
  });
  template.hasResourceProperties(functionType, {
    Environment: { Variables: Match.objectLike({ HOLDFAST_DISCOVERY_PERIOD: '60s' }) },
  });
});

it('the API answers nobody without IAM, and streams', () => {
  expect(ofType('AWS::Lambda::Url').map(([, { Properties }]) => Properties)).toMatchObject([
    { AuthType: 'AWS_IAM', InvokeMode: 'RESPONSE_STREAM' },
  ]);
  const permissions = ofType('AWS::Lambda::Permission').map(([, { Properties }]) => Properties);
  expect(permissions).toMatchObject([{ Principal: 'events.amazonaws.com' }]);
});
