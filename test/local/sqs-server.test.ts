import { mkdtemp, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { localCredentials, localRegion } from '../../lib/local/credentials.ts';
import { type SqsServer, type SqsServerOptions, startSqs } from '../../lib/local/sqs-server.ts';

const pair = { name: 'tasks', functionTimeoutMs: 30_000 };

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function open(options: SqsServerOptions = {}): Promise<SqsServer> {
  const server = await startSqs(options);
  opened.push(() => server.close());
  return server;
}

function clientOf(server: SqsServer): SQSClient {
  const sqs = new SQSClient({ endpoint: server.url, region: localRegion, credentials: localCredentials });
  opened.push(() => sqs.destroy());
  return sqs;
}

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-sqs-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

async function receive(sqs: SQSClient, QueueUrl: string) {
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  return Messages ?? [];
}

test('messages stay hidden six times the function timeout, and move to the dead-letter queue after ten receives', async () => {
  const server = await open();
  const { queue, deadLetterQueue } = await server.createQueues(pair);
  const { Attributes } = await clientOf(server).send(
    new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: ['All'] }),
  );
  expect(Attributes?.VisibilityTimeout).toBe('180');
  expect(JSON.parse(Attributes?.RedrivePolicy ?? '')).toEqual({
    deadLetterTargetArn: deadLetterQueue.arn,
    maxReceiveCount: 10,
  });
});

test('queues exist once, and take new attributes when they are created again', async () => {
  const server = await open();
  const before = await server.createQueues(pair);
  const after = await server.createQueues({ ...pair, functionTimeoutMs: 60_000 });
  expect(after).toEqual(before);
  const { Attributes } = await clientOf(server).send(
    new GetQueueAttributesCommand({ QueueUrl: after.queue.url, AttributeNames: ['VisibilityTimeout'] }),
  );
  expect(Attributes?.VisibilityTimeout).toBe('360');
});

test('listens on the loopback address only', async () => {
  const { url } = await open();
  const outward = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4');
  expect(new URL(url).hostname).toBe('127.0.0.1');
  await expect(fetch(`${url}/health`)).resolves.toMatchObject({ status: 200 });
  // Another loopback address stands in where the machine has no other.
  const other = `http://${outward?.address ?? '127.0.0.2'}:${new URL(url).port}/health`;
  await expect(fetch(other)).rejects.toThrow();
});

test('a port in use is PortInUse', async () => {
  const { url } = await open();
  await expect(startSqs({ port: Number(new URL(url).port) })).rejects.toMatchObject({ code: 'PortInUse' });
});

test('an open long poll does not hold up closing', async () => {
  const server = await startSqs();
  const { queue } = await server.createQueues(pair);
  const sqs = clientOf(server);
  const polling = sqs
    .send(new ReceiveMessageCommand({ QueueUrl: queue.url, WaitTimeSeconds: 20 }))
    .then(() => 'answered')
    .catch(() => 'cut');
  await server.close();
  expect(['answered', 'cut']).toContain(await polling);
});

test('messages survive a restart on another port, those in flight being visible at once', async () => {
  const directory = await temporaryDirectory();
  const first = await open({ directory });
  const { queue } = await first.createQueues(pair);
  const sqs = clientOf(first);
  for (const MessageBody of ['received', 'waiting']) {
    await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody }));
  }
  const { Messages } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queue.url, MaxNumberOfMessages: 1 }),
  );
  expect(Messages).toHaveLength(1);
  await first.close();

  const second = await open({ directory });
  const again = await second.createQueues(pair);
  const bodies = (await receive(clientOf(second), again.queue.url)).map(({ Body }) => Body);
  expect(bodies.sort()).toEqual(['received', 'waiting']);
});

test('a message given back is received again, with data kept too', async () => {
  const server = await open({ directory: await temporaryDirectory() });
  const { queue } = await server.createQueues(pair);
  const sqs = clientOf(server);
  await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'a' }));
  const [message] = await receive(sqs, queue.url);
  await sqs.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: queue.url,
      ReceiptHandle: message?.ReceiptHandle,
      VisibilityTimeout: 0,
    }),
  );
  expect((await receive(sqs, queue.url)).map(({ Body }) => Body)).toEqual(['a']);
});

test.each(['in memory', 'kept'])(
  'what comes to a long poll that nobody waits for any more is there for the next, %s',
  async (where) => {
    const server = await open(where === 'kept' ? { directory: await temporaryDirectory() } : {});
    const { queue } = await server.createQueues(pair);
    const sqs = clientOf(server);
    const poll = new ReceiveMessageCommand({ QueueUrl: queue.url, WaitTimeSeconds: 20 });
    const stop = new AbortController();
    const abandoned = sqs.send(poll, { abortSignal: stop.signal });
    // Answered after the poll has come: it is the same server, and the poll was sent first.
    for (let rounds = 0; rounds < 3; rounds += 1) await fetch(`${server.url}/health`);
    stop.abort();
    await expect(abandoned).rejects.toMatchObject({ name: 'AbortError' });
    await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'a' }));
    const { Messages } = await sqs.send(poll);
    expect(Messages?.map(({ Body }) => Body)).toEqual(['a']);
  },
);

test('answers the pages of no browser', async () => {
  const { url } = await open();
  const asked = (headers: Record<string, string>) => fetch(`${url}/health`, { headers });
  expect((await asked({ origin: 'https://page.example' })).status).toBe(403);
  expect((await asked({})).status).toBe(200);
});
