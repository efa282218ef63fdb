import { defineTask } from 'holdfast';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import type { ListOptions } from '../../../lib/client/client.ts';
import { listRuns } from '../../../lib/client/list.ts';
import { noTenant, type RunId, runId, tenantId } from '../../../lib/model/ids.ts';
import type { Run } from '../../../lib/model/run.ts';
import type { IndexQuery } from '../../../lib/ports/run-store.ts';
import { shardCount } from '../../../lib/ports/run-store.ts';
import { requestPause } from '../../../lib/protocol/control.ts';
import { sampleRun, start } from '../../support/sample-run.ts';
import { deferred, VirtualSystem } from '../../support/virtual-system.ts';

const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });

describe('a listing by time', () => {
  /** Ten runs that ended a second apart, the first at the time given back. */
  async function tenEnded() {
    const system = new VirtualSystem({ echo });
    const from = system.clock.now();
    for (let n = 0; n < 10; n += 1) {
      await system.client.submit(echo, n);
      await system.drive();
      await system.clock.advance(1_000);
    }
    const second = (n: number) => new Date(from + n * 1_000).toISOString();
    const inputs = async (options: ListOptions) => {
      const seen: unknown[] = [];
      let cursor: string | undefined;
      do {
        const page = await system.client.list({ limit: 3, ...options, ...(cursor && { cursor }) });
        seen.push(...page.runs.map(({ input }) => input));
        cursor = page.cursor;
      } while (cursor);
      return seen;
    };
    return { second, inputs };
  }

  it('holds what ended from one time to another, both included, in either order and in pages', async () => {
    const { inputs, second } = await tenEnded();
    const status = 'succeeded';
    expect(await inputs({ status, since: second(7) })).toEqual([9, 8, 7]);
    expect(await inputs({ status, until: second(2) })).toEqual([2, 1, 0]);
    expect(await inputs({ since: second(3), until: second(6) })).toEqual([6, 5, 4, 3]);
    expect(await inputs({ since: second(3), until: second(6), sort: 'earliest' })).toEqual([3, 4, 5, 6]);
    expect(await inputs({ sort: 'earliest' })).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await inputs({ since: second(6), until: second(3) })).toEqual([]);
  });

  it.each([
    [{ since: 'yesterday' }, 'since'],
    [{ until: '' }, 'until'],
    [{ sort: 'sideways' as 'latest' }, 'sort'],
  ])('refuses %j', async (options, field) => {
    const system = new VirtualSystem({ echo });
    await expect(system.client.list(options)).rejects.toMatchObject({ code: 'InvalidArgument', field });
  });
});

describe('runs of the same time', () => {
  it.each(['latest', 'earliest'] as const)(
    'are each listed once, %s first, whatever their ids',
    async (sort) => {
      const system = new VirtualSystem({ echo });
      const ids: string[] = [];
      // The ids come in another order as text: id-10 before id-2.
      for (let n = 0; n < 120; n += 1) ids.push((await system.client.submit(echo, n)).id);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await system.client.list({ sort, limit: 7, ...(cursor && { cursor }) });
        seen.push(...page.runs.map(({ id }) => id));
        cursor = page.cursor;
      } while (cursor);
      expect(seen).toHaveLength(ids.length);
      expect(new Set(seen)).toEqual(new Set(ids));
    },
  );
});

describe('a listing of one tenant', () => {
  it('tells nothing of the runs of others, and loses none that has an id and a time of theirs', async () => {
    const system = new VirtualSystem({ echo });
    const [acme, zeta] = [tenantId('acme'), tenantId('zeta')];
    for (let n = 0; n < 20; n += 1) {
      const at = system.clock.now() + Math.floor(n / 4);
      for (const tenant of [acme, zeta]) {
        const run = sampleRun({ tenant, run: runId(`shared-${n}`), at });
        await system.runs.create({ name: 'submit', run });
      }
      const run = sampleRun({ tenant: zeta, run: runId(`zeta-only-${n}`), at });
      await system.runs.create({ name: 'submit', run });
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await system.client.list({ tenant: 'acme', limit: 3, ...(cursor && { cursor }) });
      cursor = page.cursor;
      expect(Buffer.from(cursor ?? '', 'base64url').toString()).not.toMatch(/zeta|shared/);
      expect(new Set(page.runs.map(({ tenant }) => tenant)).has('zeta')).toBe(false);
      seen.push(...page.runs.map(({ id }) => id));
    } while (cursor);
    expect(seen).toHaveLength(20);
    expect(new Set(seen).size).toBe(20);
  });
});

describe('runs that are paused', () => {
  it('are those that nobody has parked yet, too, but not those that are still at work', async () => {
    const held = deferred<void>();
    const hold = defineTask({ name: 'hold', input: z.unknown(), run: () => held.promise });
    const system = new VirtualSystem({ echo, hold });
    const paused = async () =>
      (await system.client.list({ status: 'paused' })).runs.map(({ id }) => id).sort();
    const parked = await system.client.submit(echo, 1);
    const pausing = await system.client.submit(echo, 2);
    const working = await system.client.submit(hold, 3);
    await system.client.pause(parked);
    // Cut off before the run is parked: only what the pause itself writes.
    const key = { tenant: (await system.stored(pausing.id)).tenant, run: runId(pausing.id) };
    await system.runs.apply(requestPause(key, { mode: 'graceful' }, system.clock.now()));
    expect(await system.stored(pausing.id)).toMatchObject({ phase: 'active', control: { kind: 'pause' } });
    system.queue.sent.splice(0, 2);
    const work = system.executeNext();
    await expect.poll(async () => (await system.client.get(working)).status).toBe('running');
    await system.client.pause(working);
    expect(await paused()).toEqual([parked.id, pausing.id].sort());
    held.resolve();
    await work;
    expect((await system.client.get(working)).status).toBe('succeeded');
    // Discovery parks it; then it is found where it stands now.
    await system.discover();
    expect((await system.stored(pausing.id)).phase).toBe('paused');
    expect(await paused()).toEqual([parked.id, pausing.id].sort());
  });

  it('are not looked for among those that are due much later', async () => {
    const system = new VirtualSystem({ echo });
    for (let n = 0; n < 50; n += 1) await system.client.submit(echo, n, { delay: '30d' });
    const page = await listRuns(system.runs, { status: 'paused' }, system.clock.now());
    expect(page).toEqual({ runs: [] });
  });
});

describe('a list of 100,000 runs', () => {
  const total = 100_000;
  const ended = sampleRun({ phase: 'succeeded' });

  /** Runs that are computed when they are asked for: whatever is held, the listing holds it. */
  class EndlessStore {
    /** Of entries and runs that were handed out since the page began. */
    handedOut = 0;
    queries = 0;

    readonly query = async ({ cursor, limit, phase, shard, until = Infinity }: IndexQuery) => {
      this.queries += 1;
      const perShard = phase === 'succeeded' ? total / shardCount : 0;
      // The run `n` of a shard ended at `start` + n × shardCount + shard, so that shards take turns.
      const last = Math.min(perShard - 1, Math.floor((until - start - shard) / shardCount));
      const from = cursor === undefined ? last : Number(cursor);
      const to = Math.max(-1, from - limit);
      const entries = [];
      for (let n = from; n > to; n -= 1) {
        const at = start + n * shardCount + shard;
        entries.push({ tenant: noTenant, run: `r${at - start}` as RunId, at });
      }
      this.handedOut += entries.length;
      return { entries, ...(to >= 0 && { cursor: String(to) }) };
    };

    readonly getMany = async (keys: readonly Pick<Run, 'tenant' | 'run'>[]) => {
      this.handedOut += keys.length;
      return keys.map((key) => ({ ...ended, ...key }));
    };
  }

  it('is read page by page, each run once, and no page holds more than its limit asks for', async () => {
    const store = new EndlessStore();
    const limit = 100;
    let count = 0;
    let before = Number.POSITIVE_INFINITY;
    let cursor: string | undefined;
    let most = 0;
    do {
      store.handedOut = 0;
      const options: ListOptions = { status: 'succeeded', limit, ...(cursor && { cursor }) };
      const page = await listRuns(store, options, start);
      for (const { run } of page.runs) {
        const n = Number(run.slice(1));
        if (n >= before) throw new Error(`run ${n} came after run ${before}`);
        before = n;
      }
      count += page.runs.length;
      most = Math.max(most, store.handedOut);
      cursor = page.cursor;
    } while (cursor);
    expect(count).toBe(total);
    // A query of each shard, one more of a shard that is used up, and the runs themselves.
    expect(most).toBeLessThanOrEqual((shardCount + 2) * limit);
    expect(store.queries / (total / limit)).toBeLessThan(shardCount + 2);
  });

  it.each([1, 5, 100])('is asked for little where few of %i fit', async (limit) => {
    const store = new EndlessStore();
    const getMany = vi.spyOn(store, 'getMany');
    const page = await listRuns(store, { status: 'succeeded', name: 'rare', limit }, start);
    expect(page).toEqual({ runs: [], cursor: expect.any(String) });
    expect(getMany.mock.calls.length).toBeLessThanOrEqual(1_000 / 100 + 1);
    expect(store.queries).toBeLessThanOrEqual(2 * shardCount);
  });
});
