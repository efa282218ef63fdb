import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunId, TenantId } from '../../lib/model/ids.ts';
import type { Run } from '../../lib/model/run.ts';
import { type Applied, shardCount } from '../../lib/ports/run-store.ts';
import { sampleRun } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';

const creationOf = (run: Run) => ({ name: 'submit' as const, run });
const samples = (count: number) => Array.from({ length: count }, () => sampleRun());

describe.each(storeSubjects())('RunStore.createAll: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  const createAll = (runs: readonly Run[]) => stores.runs.createAll(runs.map(creationOf));
  const get = async (runs: readonly Run[]) => await Promise.all(runs.map((run) => stores.runs.get(run)));

  test.each([1, 2, 100])('%i runs that were absent come to be, as they were given', async (count) => {
    const runs = samples(count);
    expect(await createAll(runs)).toEqual({ created: true });
    expect(await get(runs)).toEqual(runs);
  });

  test('they stand in the index, each with its time', async () => {
    const runs = samples(20);
    await createAll(runs);
    const shards = Array.from({ length: shardCount }, (_, shard) =>
      stores.runs.query({ phase: 'active', shard, limit: 1_000 }),
    );
    const entries = (await Promise.all(shards)).flatMap((page) => page.entries);
    for (const { tenant, run, at } of runs) expect(entries).toContainEqual({ tenant, run, at });
  });

  test('without any nothing is to be done', async () => {
    expect(await createAll([])).toEqual({ created: true });
  });

  test('where one exists none is created, and what exists comes back in its place', async () => {
    const runs = samples(5);
    const [, , third] = runs;
    if (!third) throw new Error('five runs');
    const before = { ...third, submission: 'before' };
    await stores.runs.create(creationOf(before));
    expect(await createAll(runs)).toEqual({
      created: false,
      existing: [undefined, undefined, before, undefined, undefined],
    });
    expect(await get(runs)).toEqual([undefined, undefined, before, undefined, undefined]);
  });

  test('given again they are all there already, as they stand by now', async () => {
    const runs = samples(100);
    await createAll(runs);
    const [first, ...others] = runs;
    if (!first) throw new Error('a hundred runs');
    const moved = await stores.runs.apply({
      name: 'test',
      key: first,
      guards: [],
      updates: [{ set: ['looks'], value: 3 }],
    });
    expect(moved.applied).toBe(true);
    expect(await createAll(runs)).toEqual({ created: false, existing: [{ ...first, looks: 3 }, ...others] });
  });

  test('runs under one id of two tenants are two', async () => {
    const run = sampleRun().run;
    const runs = ['tenant-a', 'tenant-b'].map((tenant) => sampleRun({ tenant: tenant as TenantId, run }));
    expect(await createAll(runs)).toEqual({ created: true });
    expect(await get(runs)).toEqual(runs);
  });

  test('runs that depend on each other keep what they say of each other', async () => {
    const [a, b] = ['a', 'b'].map((name) => `${name}-${sampleRun().run}` as RunId) as [RunId, RunId];
    const runs = [
      sampleRun({ run: a, dependents: [b] }),
      sampleRun({
        run: b,
        waitsFor: [a],
        dependencies: { [a]: { as: 'first' } },
        onDependencyFailure: 'skip',
      }),
    ];
    expect(await createAll(runs)).toEqual({ created: true });
    expect(await get(runs)).toEqual(runs);
  });

  test.each<[string, () => Run[], string]>([
    ['more than a hundred', () => samples(101), 'the limit is 100'],
    [
      'one twice',
      () => {
        const run = sampleRun();
        return [run, sampleRun(), { ...run, submission: 'other' }];
      },
      'twice',
    ],
  ])('%s are refused, and none is created', async (_, given, message) => {
    const runs = given();
    await expect(createAll(runs)).rejects.toThrow(message);
    expect((await get(runs)).filter((run) => run !== undefined)).toEqual([]);
  });
});

// An endpoint without transactions promises nothing here.
const transacting = storeSubjects().filter(({ name }) => name !== 'dynalite');

describe.each(transacting)('RunStore.createAll beside others: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  test('of several that overlap one comes to be, whole, and of the others nothing', async () => {
    const shared = sampleRun();
    const batches = Array.from({ length: 6 }, (_, index) => [
      ...samples(3),
      { ...shared, submission: `by-${index}` },
      ...samples(3),
    ]);
    const outcomes = await Promise.all(batches.map((runs) => stores.runs.createAll(runs.map(creationOf))));
    const winner = outcomes.findIndex(({ created }) => created);
    expect(outcomes.filter(({ created }) => created)).toHaveLength(1);
    const none = [undefined, undefined, undefined];
    for (const [index, runs] of batches.entries()) {
      const found = await Promise.all(runs.map((run) => stores.runs.get(run)));
      const standing = { ...shared, submission: `by-${winner}` };
      expect(found).toEqual(index === winner ? runs : [...none, standing, ...none]);
      if (index !== winner) {
        expect(outcomes[index]).toEqual({ created: false, existing: [...none, standing, ...none] });
      }
    }
  });

  test('a write on one that exists is applied, however often they are given again meanwhile', async () => {
    const runs = samples(10);
    await stores.runs.createAll(runs.map(creationOf));
    const [first] = runs;
    if (!first) throw new Error('ten runs');
    const raise = (): Promise<Applied> =>
      stores.runs.apply({
        name: 'test',
        key: first,
        guards: [],
        updates: [{ set: ['rev'], from: ['rev'], by: 1 }],
      });
    const again = () => stores.runs.createAll(runs.map(creationOf));
    const outcomes = await Promise.all([raise(), again(), raise(), again(), raise(), again(), raise()]);
    expect(outcomes.filter((outcome) => 'created' in outcome && outcome.created)).toEqual([]);
    expect((await stores.runs.get(first))?.rev).toBe(4);
  });
});
