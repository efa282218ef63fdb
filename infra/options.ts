import { resolve } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { Node } from 'constructs';

/** Whose tokens open the HTTP API. */
export interface JwtOptions {
  /** The `iss` of the tokens: an https URL, below which `/.well-known/openid-configuration` names the keys. */
  readonly issuer: string;
  /** A token must have been issued for one of these (`aud`, or `client_id` where it has none). */
  readonly audience: readonly string[];
  /** The claim that names the tenant of whoever holds the token. Default: the header may name any. */
  readonly tenantClaim?: string | undefined;
}

/** What a deployment may choose. */
export interface HoldfastOptions {
  /** The module whose exported tasks are run, bundled into the functions. Default: examples/tasks.ts. */
  readonly tasks?: string | undefined;
  /** The task that `POST /tasks` without `task` means. Default: such a request is refused. */
  readonly defaultTask?: string | undefined;
  /** `debug`, `info`, `warn`, `error` or `silent`. Default: `info`. */
  readonly logLevel?: string | undefined;
  /** `on` lets the API take code that comes with requests, and the executors execute it. Default: `off`. */
  readonly storedCode?: string | undefined;
  /** Queues that results may be delivered to, by the names that submissions call them: names to ARNs. Default: none. */
  readonly deliveryQueues?: Readonly<Record<string, string>> | undefined;
  /** ARN of the secret that webhooks are signed with, as plain text. Default: results go to no webhooks. */
  readonly webhookSecretArn?: string | undefined;
  /** Adds an HTTP API for holders of a token. Default: there is only the function URL, which IAM guards. */
  readonly jwt?: JwtOptions | undefined;
  /** Requests over HTTP that each tenant may make in a second. Default: any number. */
  readonly requestRate?: number | undefined;
  /** Runs of each tenant that may be open, of those that the API submits. Default: any number. */
  readonly openRuns?: number | undefined;
  /** How long one invocation of the executor may take, up to 15 minutes. Default: 15 minutes. */
  readonly executorTimeout?: Duration | undefined;
  /** Invocations of the executor at a time, from 2. Default: the account's own limit. */
  readonly maxConcurrency?: number | undefined;
  /** What becomes of the table when the stack is deleted. Default: it is kept. */
  readonly removalPolicy?: RemovalPolicy | undefined;
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
  const seconds = wholeNumber('executorTimeout');
  const tasks = text('tasks');
  return {
    tasks: tasks === undefined ? undefined : resolve(tasks),
    defaultTask: text('defaultTask'),
    logLevel: text('logLevel'),
    storedCode: text('storedCode'),
    deliveryQueues: namedArns(node.tryGetContext('deliveryQueues')),
    webhookSecretArn: text('webhookSecret'),
    jwt: jwtOptions(text),
    requestRate: wholeNumber('requestRate'),
    openRuns: wholeNumber('openRuns'),
    executorTimeout: seconds === undefined ? undefined : Duration.seconds(seconds),
    maxConcurrency: wholeNumber('maxConcurrency'),
    removalPolicy: removalPolicy(text('removalPolicy')),
    alarmTopicArn: text('alarmTopic'),
  };
}

function removalPolicy(word: string | undefined): RemovalPolicy | undefined {
  if (word === undefined) return undefined;
  if (word === 'retain') return RemovalPolicy.RETAIN;
  if (word === 'destroy') return RemovalPolicy.DESTROY;
  throw new Error(`The context value removalPolicy must be retain or destroy, not ${JSON.stringify(word)}`);
}

/** From `-c jwtIssuer=https://… -c jwtAudience=a,b -c tenantClaim=tenant`. */
function jwtOptions(text: (name: string) => string | undefined): JwtOptions | undefined {
  const issuer = text('jwtIssuer');
  const audience = (text('jwtAudience') ?? '').split(',').filter((each) => each.trim() !== '');
  const tenantClaim = text('tenantClaim');
  if (issuer === undefined) {
    const given = ['jwtAudience', 'tenantClaim'].find((name) => text(name) !== undefined);
    if (given === undefined) return undefined;
    throw new Error(`The context value ${given} has a meaning only beside jwtIssuer`);
  }
  if (!URL.canParse(issuer) || new URL(issuer).protocol !== 'https:')
    throw new Error(`The context value jwtIssuer must be an https URL, not ${JSON.stringify(issuer)}`);
  if (audience.length === 0) throw new Error('The context value jwtAudience must name whom tokens are for');
  if (tenantClaim !== undefined && !/^[\w.:/-]{1,128}$/.test(tenantClaim))
    throw new Error(`The context value tenantClaim must name a claim, not ${JSON.stringify(tenantClaim)}`);
  return { issuer, audience: audience.map((each) => each.trim()), tenantClaim };
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
    ([name, arn]) => !/^[A-Za-z][\w-]{0,31}$/.test(name) || !/^arn:[\w-]+:sqs:/.test(arn),
  );
  if (!odd) return Object.fromEntries(entries);
  throw new Error(`The context value deliveryQueues must be name=ARN pairs, not ${JSON.stringify(value)}`);
}
