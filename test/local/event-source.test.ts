import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/compose/system.ts';
import { localCredentials, localRegion } from '../../lib/local/credentials.ts';
import { type EventSource, type EventSourceOptions, startEventSource } from '../../lib/local/event-source.ts';
import { type LocalQueue, type SqsServer, startSqs } from '../../lib/local/sqs-server.ts';
import { collectingLogger } from './collecting-logger.ts';

type Handler = (event: SQSEvent) => unknown;

let server: SqsServer;
let sqs: SQSClient;
let queue: LocalQueue;
let deadLetterQueue: LocalQueue;
let log: ReturnType<typeof collectingLogger>;
const running: EventSource[] = [];

beforeEach(async () => {
  server = await startSqs();
  sqs = new SQSClient({
    endpoint: server.url,
    region: localRegion,
    credentials: localCredentials,
    maxAttempts: 1,
  });
  ({ queue, deadLetterQueue } = await server.createQueues({ name: 'tasks', functionTimeoutMs: 900_000 }));
  log = collectingLogger();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((source) => source.stop(AbortSignal.timeout(0))));
  sqs.destroy();
  await server.close();
});

function start(handler: Handler, options: Partial<EventSourceOptions> = {}): EventSource {
  const source = startEventSource({
    sqs,
    queues: [queue],
    target: { name: 'execute', invoke: async (event) => handler(event as SQSEvent) },
    batchSize: 10,
    concurrency: 1,
    clock: systemClock,
    logger: log.logger,
    ...options,
  });
  running.push(source);
  return source;
}

async function send(...bodies: string[]): Promise<void> {
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
}

/** How many messages are visible and how many are hidden. */
async function depth({ url }: LocalQueue): Promise<{ visible: number; hidden: number }> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
  );
  return {
    visible: Number(Attributes?.ApproximateNumberOfMessages),
    hidden: Number(Attributes?.ApproximateNumberOfMessagesNotVisible),
  };
}

const letters = (count: number) => Array.from({ length: count }, (_, index) => `message-${index}`);

test('hands over what a function on Lambda gets', async () => {
  const events: SQSEvent[] = [];
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: queue.url,
      MessageBody: '{"a":1}',
      MessageAttributes: {
        text: { DataType: 'String', StringValue: 'b' },
        bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2]) },
      },
    }),
  );
  start((event) => void events.push(event));
  await expect.poll(() => events).toHaveLength(1);
  expect(events[0]?.Records).toEqual([
    {
      messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      receiptHandle: expect.any(String),
      body: '{"a":1}',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: expect.any(String),
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
      messageAttributes: {
        text: { dataType: 'String', stringValue: 'b', stringListValues: [], binaryListValues: [] },
        bytes: { dataType: 'Binary', binaryValue: 'AQI=', stringListValues: [], binaryListValues: [] },
      },
      md5OfBody: 'bb6cb5c68df4652941caf652a366f2d8',
      eventSource: 'aws:sqs',
      eventSourceARN: queue.arn,
      awsRegion: 'us-east-1',
    },
  ]);
});

test('batches hold at most batchSize messages; what succeeded is deleted', async () => {
  const sizes: number[] = [];
  await send(...letters(10));
  start((event) => void sizes.push(event.Records.length), { batchSize: 4 });
  await expect.poll(() => depth(queue)).toEqual({ visible: 0, hidden: 0 });
  expect(sizes).toEqual([4, 4, 2]);
});

test('what is named as failed stays hidden, the rest of the batch is deleted', async () => {
  await send(...letters(5));
  start((event) => ({
    batchItemFailures: event.Records.filter(({ body }) => /[13]$/.test(body)).map(({ messageId }) => ({
      itemIdentifier: messageId,
    })),
  }));
  await expect.poll(() => depth(queue)).toEqual({ visible: 0, hidden: 2 });
});

test.each<[string, Handler]>([
  [
    'a throw',
    () => {
      throw new Error('no store');
    },
  ],
  ['an unknown id', () => ({ batchItemFailures: [{ itemIdentifier: 'nobody' }] })],
  ['a malformed response', () => 'fine'],
])('after %s the whole batch stays hidden', async (_, handler) => {
  await send(...letters(3));
  start(handler);
  await expect.poll(() => log.lines.length).toBe(1);
  expect(await depth(queue)).toEqual({ visible: 0, hidden: 3 });
});

test('no more than `concurrency` invocations at a time, and no message is taken without room for it', async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let now = 0;
  let most = 0;
  await send(...letters(10));
  start(
    async () => {
      now += 1;
      most = Math.max(most, now);
      await released;
      now -= 1;
    },
    { batchSize: 1, concurrency: 3 },
  );
  await expect.poll(() => depth(queue)).toEqual({ visible: 7, hidden: 3 });
  release();
  await expect.poll(() => depth(queue)).toEqual({ visible: 0, hidden: 0 });
  expect(most).toBe(3);
});

test('a message refused ten times goes to the dead-letter queue and to its function', async () => {
  const counts: string[] = [];
  const dead: SQSEvent[] = [];
  start(async ({ Records: [record] }) => {
    counts.push(record?.attributes.ApproximateReceiveCount ?? '');
    const ReceiptHandle = record?.receiptHandle;
    await sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: queue.url, ReceiptHandle, VisibilityTimeout: 0 }),
    );
    throw new Error('refused');
  });
  start((event) => void dead.push(event), { queues: [deadLetterQueue] });
  await send('poison');
  await expect.poll(() => dead, { timeout: 15_000 }).toHaveLength(1);
  expect(counts).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
  expect(dead[0]?.Records[0]).toMatchObject({ body: 'poison', eventSourceARN: deadLetterQueue.arn });
  await expect.poll(() => depth(deadLetterQueue)).toEqual({ visible: 0, hidden: 0 });
});

test('stop ends an open long poll', async () => {
  const source = start(() => undefined);
  await send('a');
  await expect.poll(() => depth(queue)).toEqual({ visible: 0, hidden: 0 });
  await source.stop();
});

test('stop waits for what runs and receives no more', async () => {
  let release = () => {};
  let handled = 0;
  const source = start(async () => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    handled += 1;
  });
  await send('a');
  await expect.poll(() => depth(queue)).toEqual({ visible: 0, hidden: 1 });
  const stopping = source.stop();
  await send('b');
  release();
  await stopping;
  expect(handled).toBe(1);
  expect(await depth(queue)).toEqual({ visible: 1, hidden: 0 });
});

test('stop waits no longer than its signal allows', async () => {
  const source = start(() => new Promise(() => {}));
  await send('a');
  await expect.poll(() => depth(queue)).toEqual({ visible: 0, hidden: 1 });
  await source.stop(AbortSignal.abort());
});

test('goes on polling after the queue could not be reached', async () => {
  const bodies: string[] = [];
  const port = Number(new URL(server.url).port);
  start((event) => void bodies.push(...event.Records.map(({ body }) => body)));
  await server.close();
  await expect.poll(() => log.lines.filter((line) => line.includes('receiving failed'))).not.toEqual([]);
  server = await startSqs({ port });
  ({ queue } = await server.createQueues({ name: 'tasks', functionTimeoutMs: 900_000 }));
  await send('after all');
  await expect.poll(() => bodies, { timeout: 15_000 }).toEqual(['after all']);
});
