import { resolve } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { Node } from 'constructs';

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
