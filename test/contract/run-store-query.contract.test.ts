import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Phase, Run } from '../../lib/model/run.ts';
import { type IndexEntry, type IndexQuery, shardCount } from '../../lib/ports/run-store.ts';
import { sampleRun, start } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';

const shards = Array.from({ length: shardCount }, (_, shard) => shard);
const count = 64;

describe.each(storeSubjects())('RunStore.query: $name', ({ open }) => {
  let stores: Stores;
  let runs: readonly Run[];
  beforeAll(async () => {
    stores = await open();
    // Four different times, so that many runs share one.
    runs = Array.from({ length: count }, (_, index) => sampleRun({ at: start + (index % 4) }));
    await Promise.all(runs.map((run) => stores.runs.create({ name: 'submit', run })));
  });
  afterAll(() => stores.close());

  /** All entries of a shard, page by page. */
  const read = async (query: IndexQuery): Promise<readonly IndexEntry[]> => {
    const entries: IndexEntry[] = [];
    let cursor: string | undefined;
    do {
      const page = await stores.runs.query({ ...query, ...(cursor === undefined ? {} : { cursor }) });
      expect(page.entries.length).toBeLessThanOrEqual(query.limit);
      entries.push(...page.entries);
      expect(entries.length).toBeLessThanOrEqual(count);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return entries;
  };
  const readAll = async (query: Omit<IndexQuery, 'shard'>) =>
    await Promise.all(shards.map((shard) => read({ ...query, shard })));
  const idsOf = (entries: readonly { run: string }[]) => entries.map(({ run }) => run).sort();
  const entryOf = ({ tenant, run, at }: Run): IndexEntry => ({ tenant, run, at });

  test('every run stands in one shard, with its key and time, in order of time', async () => {
    const all = await readAll({ phase: 'active', limit: 100 });
    expect(idsOf(all.flat())).toEqual(idsOf(runs));
    const expected = new Map(runs.map((run) => [run.run, entryOf(run)]));
    for (const entry of all.flat()) expect(entry).toEqual(expected.get(entry.run));
    for (const shard of all) {
      const times = shard.map(({ at }) => at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }
    // Evenly enough: one shard with more than a third of 64 has a chance below one in a million.
    for (const shard of all) expect(shard.length).toBeLessThan(count / 3);
  });

  test.each([1, 2, 3])('pages of %i name the same runs in the same order, each once', async (limit) => {
    const whole = await readAll({ phase: 'active', limit: 100 });
    expect(await readAll({ phase: 'active', limit })).toEqual(whole);
  });

  test('newestFirst is the reverse, in pages too', async () => {
    const all = await readAll({ phase: 'active', limit: 2, newestFirst: true });
    expect(idsOf(all.flat())).toEqual(idsOf(runs));
    for (const shard of all) {
      const times = shard.map(({ at }) => at);
      expect(times).toEqual([...times].sort((a, b) => b - a));
    }
  });

  test('until leaves out what is later and keeps what is at that time', async () => {
    const due = runs.filter((run) => run.at <= start + 1);
    for (const limit of [2, 100]) {
      const all = await readAll({ phase: 'active', limit, until: start + 1 });
      expect(idsOf(all.flat())).toEqual(idsOf(due));
    }
    expect((await readAll({ phase: 'active', limit: 10, until: start - 1 })).flat()).toEqual([]);
  });

  test.each([false, true])('since leaves out what is earlier, newest first: %j', async (newestFirst) => {
    const late = runs.filter((run) => run.at >= start + 1);
    const both = late.filter((run) => run.at <= start + 2);
    for (const limit of [2, 100]) {
      const query = { phase: 'active', limit, newestFirst } as const;
      expect(idsOf((await readAll({ ...query, since: start + 1 })).flat())).toEqual(idsOf(late));
      const between = await readAll({ ...query, since: start + 1, until: start + 2 });
      expect(idsOf(between.flat())).toEqual(idsOf(both));
      expect((await readAll({ ...query, since: start + 2, until: start + 1 })).flat()).toEqual([]);
    }
  });

  test('a phase without runs is empty', async () => {
    expect((await readAll({ phase: 'skipped', limit: 10 })).flat()).toEqual([]);
  });

  test('a run that changes its phase or time moves in the index', async () => {
    const run = sampleRun({ at: start + 1_000 });
    await stores.runs.create({ name: 'submit', run });
    const key = { tenant: run.tenant, run: run.run };
    const move = (phase: Phase, at: number) =>
      stores.runs.apply({
        name: 'test',
        key,
        guards: [],
        updates: [
          { set: ['phase'], value: phase },
          { set: ['at'], value: at },
        ],
      });
    const placesOf = async () => {
      const phases = ['active', 'paused', 'succeeded'] as const;
      const found = await Promise.all(phases.map((phase) => readAll({ phase, limit: 100 })));
      return phases.flatMap((phase, index) =>
        (found[index]?.flat() ?? [])
          .filter((entry) => entry.run === run.run)
          .map(({ at }) => ({ phase, at })),
      );
    };
    expect(await placesOf()).toEqual([{ phase: 'active', at: start + 1_000 }]);
    expect((await move('paused', start + 2_000)).applied).toBe(true);
    expect(await placesOf()).toEqual([{ phase: 'paused', at: start + 2_000 }]);
    await move('succeeded', start + 3_000);
    expect(await placesOf()).toEqual([{ phase: 'succeeded', at: start + 3_000 }]);
    expect(await stores.runs.get(key)).toEqual({ ...run, phase: 'succeeded', at: start + 3_000 });
  });

  test('a run that is ending stands where it is looked at, and is still not active', async () => {
    const run = sampleRun({ at: start + 5_000 });
    await stores.runs.create({ name: 'submit', run });
    const key = { tenant: run.tenant, run: run.run };
    const move = (from: Phase, to: Phase, at: number) =>
      stores.runs.apply({
        name: 'test',
        key,
        guards: [{ guard: 'test', is: '=', path: ['phase'], value: from }],
        updates: [
          { set: ['phase'], value: to },
          { set: ['at'], value: at },
        ],
      });
    const timesOf = async (phase: Phase) =>
      (await readAll({ phase, limit: 100 }))
        .flat()
        .filter((entry) => entry.run === run.run)
        .map(({ at }) => at);
    expect((await move('active', 'ending', start + 6_000)).applied).toBe(true);
    for (const phase of ['active', 'ending'] as const) expect(await timesOf(phase)).toEqual([start + 6_000]);
    expect(await stores.runs.get(key)).toEqual({ ...run, phase: 'ending', at: start + 6_000 });
    // As a guard asks for it, it is what it is.
    expect((await move('active', 'succeeded', start)).applied).toBe(false);
    expect((await move('ending', 'failed', start + 7_000)).applied).toBe(true);
    for (const phase of ['active', 'ending', 'succeeded'] as const) expect(await timesOf(phase)).toEqual([]);
    expect(await timesOf('failed')).toEqual([start + 7_000]);
  });

  test('runs that are ending come in pages with the active ones', async () => {
    const ending = Array.from({ length: 6 }, () => sampleRun({ phase: 'ending', at: start + 8_000 }));
    await Promise.all(ending.map((run) => stores.runs.create({ name: 'submit', run })));
    for (const phase of ['active', 'ending'] as const) {
      const all = (await readAll({ phase, limit: 2 })).flat();
      expect(all).toEqual(expect.arrayContaining(ending.map(entryOf)));
      expect(idsOf(all)).toEqual(expect.arrayContaining(idsOf(runs)));
    }
  });
});
