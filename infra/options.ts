import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct, Node } from 'constructs';
import { partName } from '../lib/config/json-variable.ts';
import { defaultPool } from '../lib/config/pools.ts';
import { alarmsFromContext, poolsFromContext } from './pool-options.ts';
import type { HoldfastProps, JwtProps } from './props.ts';
import { isClaimName, isIssuer } from './value-rules.ts';

/** What a deployment may choose: most of it as the construct takes it. */
export interface HoldfastOptions
  extends Pick<
    HoldfastProps,
    | 'alarms'
    | 'dashboard'
    | 'defaultTask'
    | 'jwt'
    | 'logLevel'
    | 'openRuns'
    | 'pools'
    | 'removalPolicy'
    | 'requestRate'
    | 'retention'
    | 'storedCode'
  > {
  /** The module whose exported tasks are run, bundled into the functions. Default: examples/tasks.ts. */
  readonly tasks?: string | undefined;
  /** Queues that results may be delivered to, by the names that submissions call them: names to ARNs. Default: none. */
  readonly deliveryQueues?: Readonly<Record<string, string>> | undefined;
  /** ARN of the secret that webhooks are signed with, as plain text. Default: results go to no webhooks. */
  readonly webhookSecretArn?: string | undefined;
  /** How long one invocation of the default pool's executor may take, up to 15 minutes. Default: 15 minutes. */
  readonly executorTimeout?: Duration | undefined;
  /** Invocations of the default pool's executor at a time, from 2. Default: the account's own limit. */
  readonly maxConcurrency?: number | undefined;
  /** `off`: none; else the name of one that is there. Default: a new one. */
  readonly payloadBucket?: string | undefined;
  /** ARN of the key that encrypts table, queues and bucket. Default: keys that AWS owns. */
  readonly encryptionKeyArn?: string | undefined;
  /** Days that logs are kept, of those that CloudWatch offers. Default: 14. */
  readonly logRetention?: number | undefined;
  /** ARN of the topic that hears of alarms. Default: they only change their state. */
  readonly alarmTopicArn?: string | undefined;
}

/** The options as given on the command line: `cdk deploy -c tasks=./my-tasks.ts -c maxConcurrency=20`. */
export function optionsFromContext(node: Node): HoldfastOptions {
  const text = (name: string): string | undefined => {
    const value: unknown = node.tryGetContext(name);
    return value === undefined || value === '' ? undefined : String(value);
  };
  const wholeNumber = (name: string): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (/^\d{1,6}$/.test(value)) return Number(value);
    throw new Error(`The context value ${name} must be a whole number, not ${JSON.stringify(value)}`);
  };
  const onOff = (name: string): boolean | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (value === 'on' || value === 'off') return value === 'on';
    throw new Error(`The context value ${name} must be on or off, not ${JSON.stringify(value)}`);
  };
  const seconds = wholeNumber('executorTimeout');
  const retention = wholeNumber('retention');
  const tasks = text('tasks');
  return {
    tasks: tasks === undefined ? undefined : resolve(tasks),
    defaultTask: text('defaultTask'),
    logLevel: text('logLevel'),
    storedCode: onOff('storedCode'),
    deliveryQueues: namedArns(node.tryGetContext('deliveryQueues')),
    webhookSecretArn: text('webhookSecret'),
    jwt: jwtOptions(text, node.tryGetContext('tenantClaim'), onOff('jwtDashboard')),
    requestRate: wholeNumber('requestRate'),
    openRuns: wholeNumber('openRuns'),
    pools: poolsFromContext(node.tryGetContext('pools')),
    executorTimeout: seconds === undefined ? undefined : Duration.seconds(seconds),
    maxConcurrency: wholeNumber('maxConcurrency'),
    payloadBucket: text('payloadBucket'),
    encryptionKeyArn: text('encryptionKey'),
    retention: retention === undefined ? undefined : Duration.days(retention),
    logRetention: wholeNumber('logRetention'),
    alarms: alarmsFromContext(node.tryGetContext('alarms')),
    dashboard: onOff('dashboard'),
    removalPolicy: removalPolicy(text('removalPolicy')),
    alarmTopicArn: text('alarmTopic'),
  };
}

const exampleTasks = fileURLToPath(new URL('../examples/tasks.ts', import.meta.url));

/** What the construct takes: names and ARNs become what they name. */
export function propsOf(
  scope: Construct,
  { tasks = exampleTasks, executorTimeout, maxConcurrency, ...options }: HoldfastOptions,
): HoldfastProps {
  const { alarmTopicArn, encryptionKeyArn, webhookSecretArn, ...rest } = options;
  const { deliveryQueues = {}, logRetention, payloadBucket, pools = {}, ...asTheyAre } = rest;
  const known = Object.values(RetentionDays).find((each) => each === logRetention);
  if (logRetention !== undefined && known === undefined)
    throw new Error(
      `The context value logRetention must be days that CloudWatch offers, not ${logRetention}`,
    );
  const queues = Object.entries(deliveryQueues).map(([name, arn]) => [
    name,
    Queue.fromQueueArn(scope, `DeliveryQueue-${name}`, arn),
  ]);
  return {
    ...asTheyAre,
    entry: tasks,
    logRetention: typeof known === 'number' ? known : undefined,
    pools: {
      ...pools,
      [defaultPool]: {
        ...pools[defaultPool],
        ...(executorTimeout && { timeout: executorTimeout }),
        ...(maxConcurrency !== undefined && { maxConcurrency }),
      },
    },
    deliveryQueues: queues.length > 0 ? Object.fromEntries(queues) : undefined,
    ...(webhookSecretArn !== undefined && {
      webhookSecret: Secret.fromSecretCompleteArn(scope, 'WebhookSecret', webhookSecretArn),
    }),
    ...(encryptionKeyArn !== undefined && {
      encryptionKey: Key.fromKeyArn(scope, 'EncryptionKey', encryptionKeyArn),
    }),
    ...(alarmTopicArn !== undefined && {
      alarmTopic: Topic.fromTopicArn(scope, 'AlarmTopic', alarmTopicArn),
    }),
    ...(payloadBucket !== undefined && {
      payloadBucket:
        payloadBucket === 'off' ? false : Bucket.fromBucketName(scope, 'PayloadBucketGiven', payloadBucket),
    }),
  };
}

function removalPolicy(word: string | undefined): RemovalPolicy | undefined {
  if (word === undefined) return undefined;
  if (word === 'retain') return RemovalPolicy.RETAIN;
  if (word === 'destroy') return RemovalPolicy.DESTROY;
  throw new Error(`The context value removalPolicy must be retain or destroy, not ${JSON.stringify(word)}`);
}

/** From `-c jwtIssuer=https://… -c jwtAudience=a,b -c tenantClaim=tenant -c jwtDashboard=on`. */
function jwtOptions(
  text: (name: string) => string | undefined,
  claim: unknown,
  dashboard: boolean | undefined,
): JwtProps | undefined {
  const issuer = text('jwtIssuer');
  const audience = (text('jwtAudience') ?? '').split(',').filter((each) => each.trim() !== '');
  // Empty is not left out: it would mean that requests may name any tenant.
  const tenantClaim = claim === undefined ? undefined : String(claim);
  if (issuer === undefined) {
    const given = ['jwtAudience', 'tenantClaim', 'jwtDashboard'].find((name) => text(name) !== undefined);
    if (given === undefined) return undefined;
    throw new Error(`The context value ${given} has a meaning only beside jwtIssuer`);
  }
  if (!isIssuer(issuer))
    throw new Error(`The context value jwtIssuer must be an https URL, not ${JSON.stringify(issuer)}`);
  if (audience.length === 0) throw new Error('The context value jwtAudience must name whom tokens are for');
  if (tenantClaim !== undefined && !isClaimName(tenantClaim))
    throw new Error(`The context value tenantClaim must name a claim, not ${JSON.stringify(tenantClaim)}`);
  return { issuer, audience: audience.map((each) => each.trim()), tenantClaim, dashboard };
}

/** From `-c deliveryQueues=billing=arn:aws:sqs:…,audit=arn:aws:sqs:…`, or an object in cdk.json. */
function namedArns(value: unknown): Record<string, string> | undefined {
  if (value === undefined || value === '') return undefined;
  const entries =
    typeof value === 'object' && value !== null
      ? Object.entries(value).map(([name, arn]) => [name, String(arn)] as const)
      : String(value)
          .split(',')
          .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const);
  const odd = entries.find(
    ([name, arn]) => !partName.safeParse(name).success || !/^arn:[\w-]+:sqs:/.test(arn),
  );
  if (!odd) return Object.fromEntries(entries);
  throw new Error(`The context value deliveryQueues must be name=ARN pairs, not ${JSON.stringify(value)}`);
}
