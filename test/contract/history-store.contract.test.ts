import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DynamoHistoryStore } from '../../lib/dynamodb/history-store.ts';
import { historyKey } from '../../lib/dynamodb/keys.ts';
import type { NodeId } from '../../lib/model/ids.ts';
import type { SucceededNode } from '../../lib/model/run.ts';
import type { Leaving } from '../../lib/protocol/history.ts';
import { dynamodbEndpoints } from '../support/endpoints.ts';
import { readyNode, sampleRun, start } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';
import { openTable } from '../support/test-table.ts';

const later = 4_000_000_000_000;

const done = (over: Partial<SucceededNode> = {}): SucceededNode => ({
  ...readyNode,
  status: 'succeeded',
  epoch: 3,
  attempt: 1,
  worker: 'worker-1',
  startedAt: start,
  endedAt: start + 5,
  output: { text: '1' },
  ...over,
});
const nodes = (named: Record<string, SucceededNode>): Leaving => named as Leaving;

describe.each(storeSubjects())('HistoryStore: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  test('nothing is there before anything is put', async () => {
    expect(await stores.history.list(sampleRun())).toEqual({});
  });

  test('every form of a finished node comes back as it is', async () => {
    const key = sampleRun();
    const all = nodes({
      plain: done(),
      route: done({ output: undefined as never, decision: 'express' }),
      poll: done({ decision: 'again', iteration: 7, from: 'plain' as NodeId }),
      apart: done({ output: { pointer: 'apart#3', bytes: 40_000 }, cached: true }),
      last: done({ ends: { fork: 'join' as NodeId, branch: 'a', of: 2 }, pool: 'gpu', priority: 'high' }),
      empty: done({ output: { text: '' }, progress: '', checkpoint: { text: '' } }),
    });
    delete (all['route' as NodeId] as { output?: unknown }).output;
    await stores.history.put(key, 'one', all, later);
    expect(await stores.history.list(key)).toEqual(all);
  });

  test.each([
    'a.b',
    'a/b/c',
    'route/~/x',
    'constructor',
    'toString',
    '__proto__x',
    '#0',
    ':0',
    'size',
    '1',
    'n'.repeat(1_300),
  ])('a node may be called %s', async (id) => {
    const key = sampleRun();
    const leaving = nodes({ [id]: done() });
    await stores.history.put(key, 'one', leaving, later);
    expect(await stores.history.list(key)).toEqual(leaving);
  });

  test('puts add up, and of a node that came twice the later name is found', async () => {
    const key = sampleRun();
    await stores.history.put(key, '000000000000002#b', nodes({ b: done(), c: done({ epoch: 9 }) }), later);
    await stores.history.put(key, '000000000000001#a', nodes({ a: done(), c: done({ epoch: 4 }) }), later);
    expect(await stores.history.list(key)).toEqual(nodes({ a: done(), b: done(), c: done({ epoch: 9 }) }));
  });

  test('the same name again takes the place of the first', async () => {
    const key = sampleRun();
    await stores.history.put(key, 'one', nodes({ a: done() }), later);
    await stores.history.put(key, 'one', nodes({ a: done(), b: done() }), later);
    expect(await stores.history.list(key)).toEqual(nodes({ a: done(), b: done() }));
  });

  test('more than one page of them', { timeout: 60_000 }, async () => {
    // DynamoDB answers at most 1 MB at a time.
    const key = sampleRun();
    const text = 'x'.repeat(100_000);
    const names = Array.from({ length: 14 }, (_, at) => `n${at}`);
    for (const name of names) {
      await stores.history.put(key, name, nodes({ [name]: done({ output: { text } }) }), later);
    }
    const found = await stores.history.list(key);
    expect(Object.keys(found).sort()).toEqual(names.toSorted());
    expect(Object.values(found).every((node) => 'output' in node && node.output)).toBe(true);
  });

  test('runs and tenants are apart, and neither the run nor its values are among it', async () => {
    const [a, b] = [sampleRun(), sampleRun()];
    const longer = { ...a, run: `${a.run}0` as typeof a.run };
    const other = { ...a, tenant: 'acme' as typeof a.tenant };
    await stores.runs.create({ name: 'submit', run: a });
    await stores.payloads.put(a, 'input', 'x', later);
    await stores.history.put(a, 'one', nodes({ a: done() }), later);
    await stores.history.put(b, 'one', nodes({ b: done() }), later);
    await stores.history.put(longer, 'one', nodes({ longer: done() }), later);
    await stores.history.put(other, 'one', nodes({ other: done() }), later);
    expect(await stores.history.list(a)).toEqual(nodes({ a: done() }));
    expect(await stores.history.list(b)).toEqual(nodes({ b: done() }));
    expect(await stores.history.list(other)).toEqual(nodes({ other: done() }));
    expect(await stores.runs.get(a)).toEqual(a);
    expect(await stores.payloads.get(a, 'input')).toBe('x');
  });
});

describe.each(dynamodbEndpoints())('a history item: $name', (endpoint) => {
  test('carries its expiry in whole seconds, and says when it is damaged', async () => {
    const table = await openTable(endpoint);
    const store = new DynamoHistoryStore(table.db, table.name);
    const run = sampleRun();
    await store.put(run, 'one', nodes({ a: done() }), 1_800_000_000_001);
    const Key = historyKey(run, 'one');
    const { Item } = await table.db.send(new GetCommand({ TableName: table.name, Key }));
    expect(Item).toMatchObject({ expires: 1_800_000_001 });
    await store.put(run, 'two', nodes({ a: { ...done(), attempt: -1 } }), later);
    await expect(store.list(run)).rejects.toMatchObject({ code: 'DamagedItem' });
    await table.close();
  });
});
