import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DynamoAttemptStore } from '../../lib/dynamodb/attempt-store.ts';
import { attemptKey, attemptPrefix } from '../../lib/dynamodb/keys.ts';
import type { AttemptRecord } from '../../lib/model/attempt.ts';
import type { NodeId, Nonce } from '../../lib/model/ids.ts';
import type { RunKey } from '../../lib/model/run.ts';
import type { AttemptQuery, AttemptStore } from '../../lib/ports/attempt-store.ts';
import { dynamodbEndpoints } from '../support/endpoints.ts';
import { sampleRun, start } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';
import { openTable } from '../support/test-table.ts';

const later = 4_000_000_000_000;

const record = (over: Partial<Record<keyof AttemptRecord, unknown>> = {}): AttemptRecord =>
  ({
    node: 'task' as NodeId,
    epoch: 1,
    nonce: 'n1' as Nonce,
    attempt: 1,
    outcome: 'succeeded',
    worker: 'worker-1',
    startedAt: start,
    endedAt: start + 5,
    ...over,
  }) as AttemptRecord;

const whole = record({
  node: 'confirm/payment/~/charge' as NodeId,
  iteration: 3,
  outcome: 'retrying',
  failure: { type: 'TypeError', message: '', attempt: 2, worker: 'worker-1', code: 'E' },
  logs: [
    { at: start, level: 'info', message: 'ünïcödé \u0000 \n', fields: { a: [1, null, { b: '' }] } },
    { at: start, level: 'error', message: '', console: true },
    { at: start, level: 'warn', message: '2 lines', leftOut: 2 },
  ],
  variables: { page: 3, empty: '', nothing: null, constructor: { deep: [true] } },
  resources: { peakMemoryMb: 12.5, userCpuSeconds: 0.25, systemCpuSeconds: 0, shared: true },
});

async function all(
  store: AttemptStore,
  key: RunKey,
  query: Partial<AttemptQuery> = {},
): Promise<{ records: AttemptRecord[]; pages: number }> {
  const records: AttemptRecord[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = await store.list(key, { limit: 10, ...query, ...(cursor !== undefined && { cursor }) });
    records.push(...page.attempts);
    cursor = page.cursor;
    pages += 1;
  } while (cursor !== undefined);
  return { records, pages };
}

describe.each(storeSubjects())('AttemptStore: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  test('nothing is there before anything is put', async () => {
    expect(await stores.attempts.list(sampleRun(), { limit: 10 })).toEqual({ attempts: [] });
  });

  test('everything an attempt may tell comes back as it is', async () => {
    const key = sampleRun();
    await stores.attempts.put(key, whole, later);
    expect((await all(stores.attempts, key)).records).toEqual([whole]);
  });

  test('those of one node come in the order of their epochs, and under one epoch of their nonces', async () => {
    const key = sampleRun();
    const given = [
      record({ epoch: 10, nonce: 'a' }),
      record({ epoch: 2, nonce: 'z' }),
      record({ epoch: 2, nonce: 'b' }),
      record({ epoch: 9, nonce: 'c' }),
    ];
    for (const each of given) await stores.attempts.put(key, each, later);
    const { records } = await all(stores.attempts, key);
    expect(records.map(({ epoch, nonce }) => `${epoch}${nonce}`)).toEqual(['2b', '2z', '9c', '10a']);
  });

  test('what is put again replaces what was told of the same attempt', async () => {
    const key = sampleRun();
    await stores.attempts.put(key, record(), later);
    await stores.attempts.put(key, record({ outcome: 'lost' }), later);
    expect((await all(stores.attempts, key)).records).toEqual([record({ outcome: 'lost' })]);
  });

  test('pages follow each other without a gap', async () => {
    const key = sampleRun();
    const given = Array.from({ length: 7 }, (_, index) => record({ epoch: index + 1, nonce: `n${index}` }));
    for (const each of given) await stores.attempts.put(key, each, later);
    const { pages, records } = await all(stores.attempts, key, { limit: 3 });
    expect(records).toEqual(given);
    expect(pages).toBeGreaterThanOrEqual(3);
  });

  test('of one node only its own, not those of nodes inside of it or whose names begin alike', async () => {
    const key = sampleRun();
    for (const node of ['loop', 'loop/check', 'loop2', 'loop~'])
      await stores.attempts.put(key, record({ node }), later);
    const { records } = await all(stores.attempts, key, { node: 'loop' as NodeId, limit: 1 });
    expect(records.map(({ node }) => node)).toEqual(['loop']);
    expect((await all(stores.attempts, key)).records).toHaveLength(4);
  });

  test('runs, tenants and attempts do not mix', async () => {
    const run = sampleRun();
    const elsewhere = { ...run, tenant: 'acme' as never };
    await stores.runs.create({ name: 'submit', run });
    await stores.attempts.put(run, record(), later);
    await stores.attempts.put(elsewhere, record({ outcome: 'failed' }), later);
    await stores.history.put(run, 'h', {}, later);
    expect((await all(stores.attempts, run)).records).toEqual([record()]);
    expect((await all(stores.attempts, elsewhere)).records).toEqual([record({ outcome: 'failed' })]);
    expect(await stores.runs.get(run)).toEqual(run);
    expect(await stores.history.list(run)).toEqual({});
  });
});

describe.each(dynamodbEndpoints())('attempts as items: $name', (endpoint) => {
  test('carry their expiry, survive damage beside them, and give no page to a forged cursor', async () => {
    const { close, db, name } = await openTable(endpoint);
    const store = new DynamoAttemptStore(db, name);
    const key = sampleRun();
    await store.put(key, record(), 1_800_000_000_001);
    const { Item } = await db.send(new GetCommand({ TableName: name, Key: attemptKey(key, record()) }));
    expect(Item).toMatchObject({ expires: 1_800_000_001 });
    for (const [sk, x] of [
      ['a', 'no JSON'],
      ['b', '{"node":3}'],
      ['c', undefined],
    ]) {
      const prefix = attemptPrefix(key);
      const broken = { ...prefix, sk: `${prefix.sk}${sk}`, ...(x !== undefined && { x }) };
      await db.send(new PutCommand({ TableName: name, Item: broken }));
    }
    expect((await all(store, key)).records).toEqual([record()]);
    const forged = ['RUN', 'ATTEMPT#', 'DATA#input', 'x'.repeat(2_000), ''];
    for (const sk of forged) {
      const cursor = Buffer.from(sk).toString('base64url');
      await expect(store.list(key, { limit: 1, cursor })).rejects.toMatchObject({
        code: 'InvalidArgument',
        field: 'cursor',
      });
    }
    await close();
  });
});
