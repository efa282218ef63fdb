import { App, Duration, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { Holdfast, type HoldfastProps } from '../../infra/index.ts';
import { createTableInput } from '../../lib/dynamodb/create-table.ts';
import { lifetimePrefix, lifetimesInDays } from '../../lib/payload/lifetimes.ts';
import { construct, look, newApp } from './synthesize.ts';

const entry = 'examples/tasks.ts';

describe('several of them', () => {
  /** All names that are chosen here and not by CloudFormation. */
  const namesIn = (...stacks: Stack[]) =>
    stacks.flatMap((stack) =>
      Object.values(look(stack).resources).flatMap(({ Properties, Type }) => {
        if (!['AWS::Lambda::Function', 'AWS::Logs::LogGroup', 'AWS::ApiGatewayV2::Api'].includes(Type))
          return [];
        const { FunctionName, LogGroupName, Name } = Properties as Record<string, string | undefined>;
        return [FunctionName, LogGroupName, Name && `api ${Name}`].filter((name) => name !== undefined);
      }),
    );
  const jwt = { issuer: 'https://issuer.example', audience: ['a'] };
  const pools = { gpu: { tags: ['gpu'] } };

  it('stand in one stack, in several and in stages, and none has a name of another', () => {
    const app = newApp();
    const shop = new Stack(app, 'Shop');
    new Holdfast(shop, 'Jobs', { entry, jwt, pools });
    new Holdfast(shop, 'Mails', { entry, jwt, pools });
    new Holdfast(new Construct(shop, 'Inner'), 'Jobs', { entry, jwt, pools });
    const office = new Stack(app, 'Office');
    new Holdfast(office, 'Jobs', { entry, jwt, pools });
    const [beta, prod] = ['Beta', 'Prod'].map((name) => {
      const stack = new Stack(new Stage(app, name), 'Shop');
      new Holdfast(stack, 'Jobs', { entry, jwt, pools });
      return stack;
    });
    if (!beta || !prod) throw new Error('no stages');
    const names = namesIn(shop, office, beta, prod);
    // Six functions each, their logs, the gateway and its log.
    expect(names).toHaveLength(14 * 6);
    expect(names.filter((name) => name.includes('-execute-gpu'))).toHaveLength(2 * 6);
    expect(new Set(names).size).toBe(names.length);
  });

  it('have metrics of their own', () => {
    const stack = new Stack(newApp(), 'Shop');
    const [one, other] = ['Jobs', 'Mails'].map(
      (id) => new Holdfast(stack, id, { entry }).metricTasksFailed().dimensions?.service,
    );
    expect(one).not.toBe(other);
    const told = look(stack)
      .ofType('AWS::Lambda::Function')
      .map(([, { Properties }]) => {
        const { Variables } = Properties.Environment as unknown as { Variables: Record<string, string> };
        return Variables.POWERTOOLS_SERVICE_NAME;
      });
    expect(new Set(told)).toEqual(new Set([one, other]));
  });

  it('have names that Lambda takes, however long those of stacks, constructs and pools are', () => {
    const stack = new Stack(newApp(), `S${'x'.repeat(100)}`);
    new Holdfast(stack, `C${'y'.repeat(60)}`, {
      entry,
      jwt,
      pools: { [`P${'z'.repeat(31)}`]: { tags: ['a'] } },
    });
    const names = look(stack)
      .ofType('AWS::Lambda::Function')
      .map(([, { Properties }]) => String(Properties.FunctionName));
    expect(names).toHaveLength(6);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9-]{1,64}$/);
    expect(new Set(names).size).toBe(6);
  });
});

describe('the bucket of payloads', () => {
  const { idOf, resources, template } = construct();
  const id = idOf('AWS::S3::Bucket', 'JobsPayloads');

  it('is nobody else’s, asks for TLS, is encrypted, and outlives its stack', () => {
    expect(resources[id]).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: [
          { Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
          { Effect: 'Deny' },
        ],
      },
    });
    const gone = construct({ removalPolicy: RemovalPolicy.DESTROY });
    expect(gone.resources[id]).toMatchObject({ DeletionPolicy: 'Delete' });
  });

  it('deletes what has outlived its time, by prefixes, and never earlier', () => {
    const { LifecycleConfiguration } = (resources[id]?.Properties ?? {}) as {
      LifecycleConfiguration?: { Rules: object[] };
    };
    const [parts, ...rules] = LifecycleConfiguration?.Rules ?? [];
    expect(parts).toMatchObject({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } });
    expect(parts).not.toHaveProperty('ExpirationInDays');
    expect(rules).toEqual(
      lifetimesInDays.map((days) => ({
        Id: `keep-${days}-days`,
        Prefix: lifetimePrefix(days),
        ExpirationInDays: days,
        Status: 'Enabled',
      })),
    );
  });

  it('is one that is there, or none', () => {
    const given = construct((stack) => ({ payloadBucket: new Bucket(stack, 'Mine') }));
    expect(given.ofType('AWS::S3::Bucket').map(([own]) => own)).toEqual([
      given.idOf('AWS::S3::Bucket', 'Mine'),
    ]);
    expect(given.holdfast.clientEnvironment).toHaveProperty('HOLDFAST_PAYLOAD_BUCKET');
    const none = construct({ payloadBucket: false });
    expect(JSON.stringify(none.template.toJSON())).not.toMatch(/s3:|HOLDFAST_PAYLOAD_BUCKET/);
    expect(none.holdfast.payloadBucket).toBeUndefined();
  });
});

describe('what is given', () => {
  it('a table of one’s own, index and all', () => {
    const given = construct((stack) => ({
      table: Table.fromTableArn(stack, 'Mine', 'arn:aws:dynamodb:eu-central-1:123456789012:table/runs'),
    }));
    expect(given.ofType('AWS::DynamoDB::Table')).toEqual([]);
    const roles = JSON.stringify(given.ofType('AWS::IAM::Role'));
    expect(roles).toContain('"arn:aws:dynamodb:eu-central-1:123456789012:table/runs/index/byState"');
    expect(given.holdfast.clientEnvironment.HOLDFAST_TABLE).toBe('runs');
  });

  it('a key encrypts table, queues and bucket, and each function may use it', () => {
    const given = construct((stack) => ({ encryptionKey: new Key(stack, 'Key') }));
    const key = { 'Fn::GetAtt': [given.idOf('AWS::KMS::Key', 'Key'), 'Arn'] };
    given.template.hasResourceProperties('AWS::DynamoDB::Table', {
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: key },
    });
    for (const [, { Properties }] of given.ofType('AWS::SQS::Queue'))
      expect(Properties).toMatchObject({ KmsMasterKeyId: key });
    given.template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key },
            BucketKeyEnabled: true,
          },
        ],
      },
    });
    const roles = given.ofType('AWS::IAM::Role');
    expect(roles).toHaveLength(4);
    for (const [, role] of roles) expect(JSON.stringify(role)).toContain('"kms:Decrypt","kms:DescribeKey"');
    expect(JSON.stringify(roles)).not.toContain('kms:*');
  });

  it('how long runs and logs are kept', () => {
    const { ofType } = construct({ logRetention: RetentionDays.ONE_MONTH });
    for (const [, { Properties }] of ofType('AWS::Logs::LogGroup'))
      expect(Properties).toMatchObject({ RetentionInDays: 30 });
  });

  it('variables of all functions, which do not hide what the construct sets', () => {
    const { ofType } = construct({ environment: { HOLDFAST_LEASE: '90s', MINE: 'x' } });
    for (const [, { Properties }] of ofType('AWS::Lambda::Function'))
      expect(Properties).toMatchObject({ Environment: { Variables: { HOLDFAST_LEASE: '90s', MINE: 'x' } } });
  });
});

describe('grants', () => {
  /** Of a program: each action, with what it may be done on. */
  function granted(give: (holdfast: Holdfast, role: Role) => void, props: Partial<HoldfastProps> = {}) {
    const { idOf, resources } = construct(props, (holdfast, stack) =>
      give(
        holdfast,
        new Role(stack, 'Program', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') }),
      ),
    );
    const policy = resources[idOf('AWS::IAM::Policy', 'Program')]?.Properties as unknown as {
      PolicyDocument: { Statement: { Action: string | string[]; Resource: unknown }[] };
    };
    return policy.PolicyDocument.Statement.flatMap(({ Action, Resource }) =>
      [Action].flat().map((action) => [action, JSON.stringify(Resource)] as const),
    );
  }
  const actions = (all: ReturnType<typeof granted>) => [...new Set(all.map(([action]) => action))].sort();

  it('submit: writes runs, rings, puts payloads, and lists or receives nothing', () => {
    const all = granted((holdfast, role) => holdfast.grantSubmit(role));
    expect(actions(all)).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:ConditionCheckItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      'sqs:SendMessage',
    ]);
  });

  it('read: changes nothing', () => {
    const all = granted((holdfast, role) => holdfast.grantRead(role));
    expect(actions(all)).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'dynamodb:Query',
      's3:GetObject',
      's3:ListBucket',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
    ]);
  });

  it('operate: both, and sends dead letters back; still no deletion of runs, no scan', () => {
    const all = granted((holdfast, role) => holdfast.grantOperate(role));
    expect(actions(all)).toEqual(
      expect.arrayContaining([
        'dynamodb:DescribeTable',
        'dynamodb:DescribeTimeToLive',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
        's3:GetBucketPolicyStatus',
        's3:GetLifecycleConfiguration',
        'sqs:StartMessageMoveTask',
      ]),
    );
    expect(actions(all).join()).not.toMatch(/\*|Scan|DeleteItem|s3:Delete/);
    const received = all.filter(([action]) => action === 'sqs:ReceiveMessage');
    for (const [, resource] of received) expect(resource).toContain('DeadLetterQueue');
  });

  it('call the API: its function by its URL, nothing behind it', () => {
    const all = granted((holdfast, role) => holdfast.grantCallApi(role));
    expect(actions(all)).toEqual(['lambda:InvokeFunction', 'lambda:InvokeFunctionUrl']);
    for (const [, resource] of all) expect(resource).toContain('JobsApi');
  });

  it('use the customer’s key, to read with what only reads', () => {
    const keyActions = (give: (holdfast: Holdfast, role: Role) => void) => {
      const { template } = construct(
        (stack) => ({ encryptionKey: new Key(stack, 'Key') }),
        (holdfast, stack) => {
          give(holdfast, new Role(stack, 'Client', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
        },
      );
      const policies = JSON.stringify(template.findResources('AWS::IAM::Policy'));
      return [...new Set(policies.match(/kms:\w+/g))].sort();
    };
    expect(keyActions((holdfast, role) => holdfast.grantRead(role))).toEqual([
      'kms:Decrypt',
      'kms:DescribeKey',
    ]);
    expect(keyActions((holdfast, role) => holdfast.grantSubmit(role))).toContain('kms:GenerateDataKey');
  });

  it('reach every pool', () => {
    const pools = { gpu: { tags: ['gpu'], lanes: { high: {} } } };
    const all = granted((holdfast, role) => holdfast.grantSubmit(role), { pools });
    const [, queues = ''] = all.find(([action]) => action === 'sqs:SendMessage') ?? [];
    expect(JSON.parse(queues)).toHaveLength(3);
  });
});

it('has direct clients keep and deliver what they submit as the API does', () => {
  const { holdfast, stack } = construct((own) => ({
    retention: Duration.days(3_650),
    deliveryQueues: { billing: new Queue(own, 'Billing') },
    webhookSecret: Secret.fromSecretNameV2(own, 'Secret', 'webhooks'),
  }));
  expect(stack.resolve(holdfast.clientEnvironment)).toMatchObject({
    HOLDFAST_RETENTION: '315360000s',
    HOLDFAST_DELIVERY_QUEUES: {
      'Fn::Join': ['', expect.arrayContaining([expect.stringContaining('billing')])],
    },
    HOLDFAST_WEBHOOKS: 'on',
  });
});

it('exposes its parts, and what clients need', () => {
  const { holdfast, stack, ...found } = construct();
  expect(Object.keys(holdfast.clientEnvironment)).toEqual([
    'HOLDFAST_TABLE',
    'HOLDFAST_POOLS',
    'HOLDFAST_PAYLOAD_BUCKET',
  ]);
  expect(stack.resolve(holdfast.table.tableName)).toEqual({
    Ref: found.idOf('AWS::DynamoDB::Table', 'JobsRuns'),
  });
  expect(stack.resolve(holdfast.url)).toEqual({
    'Fn::GetAtt': [found.idOf('AWS::Lambda::Url', 'JobsApi'), 'FunctionUrl'],
  });
  expect(holdfast.jwtUrl).toBeUndefined();
  expect(stack.resolve(holdfast.discovery.functionName)).toEqual({
    Ref: found.idOf('AWS::Lambda::Function', 'JobsDiscovery'),
  });
  expect(holdfast.alarms).toHaveLength(3);
  expect(holdfast.dashboard).toBeUndefined();
});

it('makes a table as the store creates it, that can be restored to any second', () => {
  const { template } = construct();
  const { TableName, ...input } = createTableInput('any');
  template.hasResourceProperties('AWS::DynamoDB::Table', {
    ...input,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
});

it('stands in an app that sets no flags', () => {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Shop');
  new Holdfast(stack, 'Jobs', { entry });
  expect(look(stack).ofType('AWS::Lambda::Function')).toHaveLength(4);
});
