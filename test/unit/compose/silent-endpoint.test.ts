import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { awsClients, pollingClient } from '../../../lib/compose/aws-clients.ts';
import type { Pools } from '../../../lib/config/pools.ts';
import { DynamoRunStore } from '../../../lib/dynamodb/run-store.ts';
import { noTenant, runId } from '../../../lib/model/ids.ts';
import { SqsInbox } from '../../../lib/sqs/inbox.ts';
import { SqsQueue } from '../../../lib/sqs/queue.ts';
import { collectingLogger } from '../../local/collecting-logger.ts';

/* An endpoint that takes requests and never answers, as behind a connection that is cut without anybody being told. */

const sockets = new Set<Socket>();
const server = createServer((socket) => void sockets.add(socket));
let endpoint = '';
beforeEach(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
const opened: (SQSClient | DynamoDBDocumentClient)[] = [];
afterEach(async () => {
  for (const client of opened.splice(0)) client.destroy();
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
});

const env = () => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'a',
  AWS_SECRET_ACCESS_KEY: 'b',
});
const pools = (): Pools => ({ default: { tags: [], lanes: { normal: `${endpoint}/queue` } } });

/** As it is, but for how long it waits. */
function impatient<Client extends SQSClient | DynamoDBDocumentClient>(client: Client): Client {
  // What the SDK's own handler has, and its type does not tell.
  const handler = client.config.requestHandler as object as {
    updateHttpClientConfig(key: 'requestTimeout', value: number): void;
  };
  handler.updateHttpClientConfig('requestTimeout', 100);
  opened.push(client);
  return client;
}

it('of the table is one that is not reached, after the time for a request', async () => {
  const runs = new DynamoRunStore(impatient(awsClients(env()).dynamodb), 'table');
  await expect(runs.get({ tenant: noTenant, run: runId('r') })).rejects.toMatchObject({
    code: 'StoreUnreachable',
    message: expect.stringContaining('TimeoutError'),
  });
});

it('of the queue, too', async () => {
  const queue = new SqsQueue(impatient(awsClients(env()).sqs), pools());
  await expect(queue.depth('default')).rejects.toMatchObject({ code: 'QueueUnreachable' });
});

it('ends a long poll', async () => {
  const inbox = new SqsInbox(impatient(pollingClient(env())), pools(), collectingLogger().logger, 1_000);
  const never = new AbortController().signal;
  await expect(inbox.receive('default', 1, never)).rejects.toMatchObject({ code: 'QueueUnreachable' });
});
