import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { createClient } from '../../lib/client/create-client.ts';
import { awsClients } from '../../lib/compose/aws-clients.ts';
import { requestCounts } from '../../lib/compose/request-count.ts';
import { settingVariable } from '../../lib/config/settings.ts';
import { dollarsOf, totalOf } from '../../lib/cost/dollars.ts';
import { pricesIn } from '../../lib/cost/prices.ts';
import { nothing, plus, type Usage, usageOfCounts } from '../../lib/cost/usage.ts';
import type { Definition } from '../../lib/define/registry.ts';
import { createExecute } from '../../lib/lambda/execute.ts';
import { localCredentials, localRegion } from '../../lib/local/credentials.ts';
import { lambdaContext } from '../../lib/local/lambda-context.ts';
import { toSqsEvent } from '../../lib/local/sqs-event.ts';
import { chainOf } from '../growth/work.ts';
import { openStack, type Stack } from '../stack/stack.ts';
import { addOne, forkOfTen } from '../tasks/work.ts';

/** What one run takes, counted at the SDK's boundary: exact, on any machine. */
export interface Counted {
  readonly name: string;
  readonly usage: Usage;
  /** Of a million of them, table and queue, by the list prices of us-east-1. */
  readonly dollarsPerMillion: number;
  readonly goals: readonly Goal[];
}

export interface Goal {
  readonly what: string;
  readonly value: number;
  readonly most: number;
}

/** As many as Lambda's mapping gives to one invocation; so many are counted together. */
const batchSize = 10;
const chains = { 2: chainOf(2), 5: chainOf(5), 100: chainOf(100) } as const;

/** @param endpoint of a DynamoDB that tells what it consumes; else that of the embedded runtime */
export async function countAll(endpoint: string | undefined): Promise<readonly Counted[]> {
  await using stack = await openStack(endpoint);
  const alone = await perRun(stack, addOne, 'alone');
  const together = await perRun(stack, addOne, 'together');
  const two = await perRun(stack, chains[2], 'alone');
  const early = further(await perRun(stack, chains[5], 'alone'), two, 3);
  // Finished nodes leave the run's item in bundles, which are writes of their own.
  const late = further(await perRun(stack, chains[100], 'alone'), two, 98);
  const fork = await perRun(stack, forkOfTen, 'alone');
  return [
    counted('a task, submitted alone', alone, [
      { what: 'write units', value: alone.tableUnits + alone.indexUnits, most: 6 },
      { what: 'of the table', value: alone.tableUnits, most: 3 },
    ]),
    counted('a task, submitted with nine others', together, [
      { what: 'SQS requests', value: together.sqsRequests, most: 0.3 },
    ]),
    counted('a further step', early, [
      { what: 'writes', value: early.writes, most: 1 },
      { what: 'SQS requests', value: early.sqsRequests, most: 0 },
    ]),
    counted('a further step of a hundred', late, []),
    counted('a fork of 10 and its join', fork, [{ what: 'writes', value: fork.writes, most: 25 }]),
  ];
}

/** What each of so many steps adds. */
const further = (long: Usage, short: Usage, steps: number): Usage =>
  plus(nothing, plus(long, short, -1), 1 / steps);

const counted = (name: string, usage: Usage, goals: readonly Goal[]): Counted => ({
  name,
  usage,
  dollarsPerMillion: 1e6 * totalOf(dollarsOf(usage, pricesIn())),
  goals,
});

/** By the executor's own handler, in batches as Lambda's mapping makes and deletes them. */
async function perRun(stack: Stack, definition: Definition, how: 'alone' | 'together'): Promise<Usage> {
  const tasks = { definition, addOne };
  // A worker that says every now and then that it is there is not what is counted.
  const env = { ...stack.env, [settingVariable('heartbeat')]: '10m' };
  await using handler = createExecute({ tasks, env });
  const worker = { ...mappingOf(stack, handler), client: createClient({ env: stack.env, tasks }) };
  // What comes once: the definition's shape, the worker's registration.
  await submit(worker.client, definition, 'alone', 1);
  await worker.drain();
  const before = usageOfCounts(requestCounts());
  await submit(worker.client, definition, how, batchSize);
  await worker.drain();
  return plus(nothing, plus(usageOfCounts(requestCounts()), before, -1), 1 / batchSize);
}

async function submit(
  client: ReturnType<typeof createClient>,
  definition: Definition,
  how: 'alone' | 'together',
  count: number,
): Promise<void> {
  const entries = Array.from({ length: count }, (_, at) => ({ ref: `r${at}`, task: definition, input: 1 }));
  if (how === 'together') await client.submitAll(entries as never);
  else for (const { input, task } of entries) await client.submit(task as never, input as never);
}

type Handler = ReturnType<typeof createExecute>;

function mappingOf({ env, queueUrl }: Stack, handler: Handler) {
  const { sqs } = awsClients(env);
  // Lambda's mapping asks only where there is something, or at nobody's expense in particular.
  const uncounted = new SQSClient(sqsOptions(env));
  const isEmpty = async () => {
    const ask = new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages'],
    });
    return Number((await uncounted.send(ask)).Attributes?.ApproximateNumberOfMessages) === 0;
  };
  const receive = async (): Promise<Message[]> => {
    const command = new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: batchSize });
    return (await sqs.send(command)).Messages ?? [];
  };
  return {
    async drain() {
      while (!(await isEmpty())) {
        const messages = await receive();
        const event = toSqsEvent(messages, 'arn:aws:sqs:us-east-1:000000000000:holdfast');
        await handler(event, lambdaContext('bench', crypto.randomUUID(), Date.now() + 60_000));
        const Entries = messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
        await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      }
    },
  };
}

const sqsOptions = (env: Stack['env']) => ({
  endpoint: env.AWS_ENDPOINT_URL_SQS ?? '',
  region: localRegion,
  credentials: localCredentials,
});
