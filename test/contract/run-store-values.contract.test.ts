import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NodeId, RunId, TenantId } from '../../lib/model/ids.ts';
import { type Run, soleNode } from '../../lib/model/run.ts';
import { inNode, leasedNode, readyNode, sampleRun } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';

/** What must stay data, wherever it comes to stand. */
const hostileTexts = [
  '',
  ' ',
  '__proto__',
  'constructor',
  '#0',
  ':0',
  '#0 = :0 OR attribute_exists(pk)',
  "'; DROP TABLE runs; --",
  'RUN#-#other',
  'null',
  '{"S":"x"}',
  '\u0000\u0001\n\r\t',
  '👩‍🚀 ünï\u0301 \u{1F600}',
];

describe.each(storeSubjects())('RunStore with strange values: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  test.each(hostileTexts.map((text) => [text.slice(0, 40), text]))('%j is kept as it is', async (_, text) => {
    const failure = { type: text, message: text, attempt: 1 };
    const run: Run = sampleRun({
      name: text,
      submission: text,
      input: { text },
      tags: [text, 'plain'],
      idempotencyKey: text,
      nodes: { [soleNode]: leasedNode },
    });
    await stores.runs.create({ name: 'submit', run });
    expect(await stores.runs.get(run)).toEqual(run);
    const applied = await stores.runs.apply({
      name: 'test',
      key: run,
      guards: [{ guard: 'test', is: '=', path: ['submission'], value: text }],
      updates: [
        { set: inNode('failure'), value: failure },
        { set: inNode('progress'), value: text },
      ],
    });
    const expected = { ...run, nodes: { [soleNode]: { ...leasedNode, failure, progress: text } } };
    expect(applied).toEqual({ applied: true, run: expected });
    const refused = await stores.runs.apply({
      name: 'test',
      key: run,
      guards: [{ guard: 'test', is: '=', path: ['submission'], value: `${text}.` }],
      updates: [{ set: ['looks'], value: 1 }],
    });
    expect(refused).toEqual({ applied: false, run: expected });
  });

  test('100 KB inside of the run are kept', async () => {
    const run = sampleRun({ input: { text: 'ä'.repeat(50_000) } });
    await stores.runs.create({ name: 'submit', run });
    const text = 'x'.repeat(100_000);
    const applied = await stores.runs.apply({
      name: 'test',
      key: run,
      guards: [],
      updates: [{ set: inNode('checkpoint'), value: { text } }],
    });
    const nodes = { [soleNode]: { ...readyNode, checkpoint: { text } } };
    expect(applied).toEqual({ applied: true, run: { ...run, nodes } });
    expect(await stores.runs.get(run)).toEqual({ ...run, nodes });
  });

  test.each([
    ['a', 'A.b_c~d-e'],
    ['t~1', '9'],
    ['T'.repeat(128), 'r'.repeat(128)],
  ])('tenant %s, id %s', async (tenant, id) => {
    const run = sampleRun({ tenant: tenant as TenantId, run: id as RunId });
    expect((await stores.runs.create({ name: 'submit', run })).applied).toBe(true);
    const shards = Array.from({ length: 16 }, (_, shard) =>
      stores.runs.query({ phase: 'active', shard, limit: 100 }),
    );
    const entries = (await Promise.all(shards)).flatMap((page) => page.entries);
    expect(entries).toContainEqual({ tenant, run: id, at: run.at });
    expect(await stores.runs.getMany([run])).toEqual([run]);
  });

  test.each(['size', 'a.b', 'a#b', ':0', '#0', 'constructor', 'status', 'e', 'x y', '1', 'ä'])(
    'a node may be called %s',
    async (name) => {
      const id = name as NodeId;
      const run = sampleRun({ nodes: { [soleNode]: readyNode, [id]: { ...readyNode } } });
      await stores.runs.create({ name: 'submit', run });
      const applied = await stores.runs.apply({
        name: 'test',
        key: run,
        guards: [{ guard: 'test', is: '=', path: ['nodes', id, 'status'], value: 'ready' }],
        updates: [{ set: ['nodes', id, 'attempt'], from: ['nodes', id, 'attempt'], by: 1 }],
      });
      const nodes = { [soleNode]: readyNode, [id]: { ...readyNode, attempt: 1 } };
      expect(applied).toEqual({ applied: true, run: { ...run, nodes } });
    },
  );
});
