import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DynamoWorkerRegistry } from '../../lib/dynamodb/worker-registry.ts';
import type { WorkerRecord } from '../../lib/ports/worker-registry.ts';
import { dynamodbEndpoints } from '../support/endpoints.ts';
import { sampleRun, start } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';
import { openTable } from '../support/test-table.ts';

const worker = (id: string, overrides: Partial<WorkerRecord> = {}): WorkerRecord => ({
  id,
  pool: 'default',
  kind: 'process',
  startedAt: start,
  lastSeenAt: start,
  expiresAt: start + 30_000,
  stopped: false,
  running: 1,
  succeeded: 2,
  failed: 3,
  busyMs: 4,
  ...overrides,
});
const sorted = (workers: readonly WorkerRecord[]) => [...workers].sort((a, b) => (a.id < b.id ? -1 : 1));

describe.each(storeSubjects())('WorkerRegistry: $name', ({ open }) => {
  let stores: Stores;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  test('nobody is there at first', async () => {
    expect(await stores.workers.list()).toEqual([]);
  });

  test('everyone is listed as described last', async () => {
    await stores.workers.put(worker('a'));
    await stores.workers.put(worker('b', { kind: 'lambda', pool: 'gpu' }));
    await stores.workers.put(worker('a', { lastSeenAt: start + 10_000, stopped: true, running: 0 }));
    expect(sorted(await stores.workers.list())).toEqual([
      worker('a', { lastSeenAt: start + 10_000, stopped: true, running: 0 }),
      worker('b', { kind: 'lambda', pool: 'gpu' }),
    ]);
  });

  test('ids are text of any kind', async () => {
    const ids = ['2026/11/21/[$LATEST]0123', 'host.example-42', '#', '__proto__', 'ä b'];
    await Promise.all(ids.map((id) => stores.workers.put(worker(id))));
    expect((await stores.workers.list()).map(({ id }) => id).sort()).toEqual([...ids].sort());
  });

  test('runs are not workers', async () => {
    await stores.runs.create({ name: 'submit', run: sampleRun() });
    expect(await stores.workers.list()).toEqual([]);
  });
});

describe.each(dynamodbEndpoints())('workers as items: $name', (endpoint) => {
  test('they expire a day after they were last seen; more than a page of them are listed; a damaged one is not', async () => {
    const table = await openTable(endpoint);
    const registry = new DynamoWorkerRegistry(table.db, table.name);
    // A page holds 1 MB.
    const ids = Array.from({ length: 12 }, (_, index) => `worker-${index}`);
    const long = 'p'.repeat(100_000);
    await Promise.all(ids.map((id) => registry.put(worker(id, { pool: long }))));
    const broken = { pk: 'WORKERS', sk: 'WORKER#broken', id: 7 };
    await table.db.send(new PutCommand({ TableName: table.name, Item: broken }));
    expect((await registry.list()).map(({ id }) => id).sort()).toEqual([...ids].sort());
    const Key = { pk: 'WORKERS', sk: 'WORKER#worker-0' };
    const { Item } = await table.db.send(new GetCommand({ TableName: table.name, Key }));
    expect(Item?.expires).toBe((start + 86_400_000) / 1_000);
    await table.close();
  });
});
