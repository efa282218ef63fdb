import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { documentClient } from '../../lib/dynamodb/document-client.ts';
import { DynamoPayloadStore } from '../../lib/dynamodb/payload-store.ts';
import { DynamoResultCache } from '../../lib/dynamodb/result-cache.ts';
import { DynamoRunStore } from '../../lib/dynamodb/run-store.ts';
import { DynamoWorkerRegistry } from '../../lib/dynamodb/worker-registry.ts';
import { dynamodbEndpoints, type Endpoint } from '../support/endpoints.ts';
import { sampleRun } from '../support/sample-run.ts';
import { clientConfig } from '../support/test-table.ts';

/** Every request that the adapters can make, on a table that is not to be had. */
function everyRequest(endpoint: Endpoint): [string, () => Promise<unknown>][] {
  const db = documentClient(new DynamoDBClient({ ...clientConfig(endpoint), maxAttempts: 1 }));
  const table = 'no-such-table';
  const runs = new DynamoRunStore(db, table);
  const payloads = new DynamoPayloadStore(db, table);
  const cache = new DynamoResultCache(db, table);
  const workers = new DynamoWorkerRegistry(db, table);
  const run = sampleRun();
  const transition = { name: 'test', key: run, guards: [], updates: [] };
  return [
    ['create', () => runs.create({ name: 'submit', run })],
    ['createAll', () => runs.createAll([{ name: 'submit', run }])],
    ['apply', () => runs.apply(transition)],
    ['applyUnread', () => runs.applyUnread(transition)],
    ['get', () => runs.get(run)],
    ['getMany', () => runs.getMany([run])],
    ['query', () => runs.query({ phase: 'active', shard: 0, limit: 1 })],
    ['payload put', () => payloads.put(run, 'input', 'x', 1)],
    ['payload get', () => payloads.get(run, 'input')],
    ['cache put', () => cache.put('key', 'x', 0, 1)],
    ['cache get', () => cache.get('key', 0)],
    ['worker put', () => workers.put({ ...worker })],
    ['worker list', () => workers.list()],
  ];
}
const worker = {
  id: 'w',
  pool: 'default',
  kind: 'process',
  startedAt: 0,
  lastSeenAt: 0,
  expiresAt: 0,
  stopped: false,
  running: 0,
  succeeded: 0,
  failed: 0,
  busyMs: 0,
} as const;

describe.each(dynamodbEndpoints())('without its table: $name', (endpoint) => {
  test.each(everyRequest(endpoint))('%s says which table is missing', async (_, request) => {
    await expect(request()).rejects.toMatchObject({
      name: 'HoldfastError',
      code: 'TableNotFound',
      message: expect.stringContaining('no-such-table'),
    });
  });
});

describe('without an answer', () => {
  test.each(everyRequest({ name: 'nobody', url: 'http://127.0.0.1:1' }))(
    '%s says that the store is not to be reached',
    async (_, request) => {
      await expect(request()).rejects.toMatchObject({
        name: 'HoldfastError',
        code: 'StoreUnreachable',
        cause: expect.any(Error),
      });
    },
  );

  test.each([
    [400, 'ProvisionedThroughputExceededException', 'StoreUnreachable'],
    [400, 'ThrottlingException', 'StoreUnreachable'],
    [400, 'AccessDeniedException', 'StoreUnreachable'],
    [400, 'UnrecognizedClientException', 'StoreUnreachable'],
    [500, 'InternalServerError', 'StoreUnreachable'],
    [400, 'ResourceNotFoundException', 'TableNotFound'],
  ])('status %i %s becomes %s', async (status, type, code) => {
    await answering(status, `com.amazonaws.dynamodb.v20120810#${type}`, async (endpoint) => {
      for (const [, request] of everyRequest(endpoint)) {
        await expect(request()).rejects.toMatchObject({ name: 'HoldfastError', code });
      }
    });
  });

  test('a request that is wrong in itself keeps its own error: it is a defect of ours', async () => {
    await answering(400, 'com.amazon.coral.validate#ValidationException', async (endpoint) => {
      for (const [, request] of everyRequest(endpoint)) {
        await expect(request()).rejects.toMatchObject({ name: 'ValidationException' });
      }
    });
  });

  test('more keys than one request takes are refused before any is made', async () => {
    const db = documentClient(
      new DynamoDBClient(clientConfig({ name: 'nobody', url: 'http://127.0.0.1:1' })),
    );
    const keys = Array.from({ length: 101 }, () => sampleRun());
    await expect(new DynamoRunStore(db, 't').getMany(keys)).rejects.toThrow('the limit is 100');
  });
});

/** A server that answers every request alike, for as long as `work` takes. */
async function answering(
  status: number,
  type: string,
  work: (endpoint: Endpoint) => Promise<void>,
): Promise<void> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ __type: type, message: 'as told' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    await work({ name: 'canned', url: `http://127.0.0.1:${port}` });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
