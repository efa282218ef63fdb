import { defineTask, defineWorkflow } from 'holdfast';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { HoldfastError } from '../../../lib/model/errors.ts';
import { runId, tenantId } from '../../../lib/model/ids.ts';
import { deferred, VirtualSystem } from '../../support/virtual-system.ts';

const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });

it('a run that ends after it was found stands there with why it was refused; the others are cancelled', async () => {
  const system = new VirtualSystem({ echo });
  const { client, clock, runs } = system;
  const first = await client.submit(echo, 1);
  await clock.advance(1_000);
  const second = await client.submit(echo, 2);
  const getMany = runs.getMany.bind(runs);
  vi.spyOn(runs, 'getMany').mockImplementationOnce(async (keys) => {
    const found = await getMany(keys);
    await client.cancel(second);
    return found;
  });
  expect((await client.cancelAll()).runs).toEqual([
    {
      id: second.id,
      task: 'echo',
      status: 'ready',
      error: { code: 'AlreadyCancelled', message: expect.stringContaining(second.id) },
    },
    { id: first.id, task: 'echo', status: 'cancelled' },
  ]);
});

it('without the store nothing more is done', async () => {
  const system = new VirtualSystem({ echo });
  const { client, runs } = system;
  for (const n of [1, 2, 3]) await client.submit(echo, n);
  const apply = vi.spyOn(runs, 'apply').mockRejectedValue(new HoldfastError('StoreUnreachable', 'gone'));
  await expect(client.pauseAll()).rejects.toMatchObject({ code: 'StoreUnreachable' });
  expect(apply).toHaveBeenCalledTimes(1);
});

it('there are more than a page of them', async () => {
  const system = new VirtualSystem({ echo });
  for (let n = 0; n < 250; n += 1) await system.client.submit(echo, n, { delay: '1d' });
  expect((await system.client.pauseAll({ limit: 240 })).runs).toHaveLength(240);
  expect((await system.client.resumeAll({ limit: 1_000 })).runs).toHaveLength(240);
  expect((await system.client.cancelAll({ limit: 1_000 }, { dryRun: true })).runs).toHaveLength(250);
});

it('goes on where it stopped, and finds each run once', async () => {
  const system = new VirtualSystem({ echo });
  const { client, clock } = system;
  const ids = new Set<string>();
  for (let n = 0; n < 250; n += 1) ids.add((await client.submit(echo, n, { delay: '1d' })).id);
  const all = async (
    ask: (part: { limit: number; cursor?: string }) => ReturnType<typeof client.cancelAll>,
  ) => {
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await ask({ limit: 70, ...(cursor !== undefined && { cursor }) });
      expect(page.runs.length).toBeLessThanOrEqual(70);
      expect(page.runs.filter(({ error }) => error)).toEqual([]);
      seen.push(...page.runs.map(({ id }) => id));
      cursor = page.cursor;
      await clock.advance(1_000);
      if (cursor === undefined) break;
    }
    expect(seen).toHaveLength(250);
    expect(new Set(seen)).toEqual(ids);
  };
  await all((part) => client.pauseAll(part, { dryRun: true }));
  await all((part) => client.pauseAll(part));
  await all((part) => client.resumeAll(part));
  await all((part) => client.cancelAll(part));
  expect(await client.cancelAll()).toEqual({ runs: [] });
});

it('leaves alone what is asked to stop already, unless it is to stop at once', async () => {
  const { promise, resolve } = deferred<void>();
  const held = defineTask({ name: 'held', input: z.unknown(), run: () => promise });
  const system = new VirtualSystem({ held });
  const { client } = system;
  const { id } = await client.submit(held, 1);
  const executing = system.executeNext();
  await vi.waitFor(async () => expect(await client.get(id)).toMatchObject({ status: 'running' }));
  expect((await client.pauseAll()).runs).toMatchObject([{ id }]);
  expect((await client.pauseAll()).runs).toEqual([]);
  expect((await client.cancelAll()).runs).toMatchObject([{ id }]);
  expect((await client.cancelAll()).runs).toEqual([]);
  expect((await client.pauseAll()).runs).toEqual([]);
  expect((await client.cancelAll({}, { mode: 'abort' })).runs).toMatchObject([{ id }]);
  expect((await client.cancelAll({}, { mode: 'abort' })).runs).toEqual([]);
  resolve();
  await executing;
});

it('reads no more of the index than it is told to, however few fit', async () => {
  const system = new VirtualSystem({ echo });
  const { client, runs } = system;
  for (let n = 0; n < 300; n += 1) await client.submit(echo, n, { delay: '1d', tenant: 'other' });
  const mine = await client.submit(echo, 'mine', { delay: '1h', tenant: 'mine' });
  const query = vi
    .spyOn(runs, 'query')
    .mockImplementation(async ({ phase, shard, cursor = '0', limit, until }) => {
      // Without end: all of them of somebody else.
      const from = phase !== 'active' ? 0 : Number(cursor);
      const first = Math.min(1e12, until ?? 1e12);
      const entries = Array.from({ length: phase === 'active' ? limit : 0 }, (_, n) => ({
        tenant: tenantId('other'),
        run: runId(`r${shard}x${from + n}`),
        at: first - from - n,
      }));
      return { entries, ...(phase === 'active' && { cursor: String(from + limit) }) };
    });
  const page = await client.cancelAll({ tenant: 'mine' }, { pages: 5 });
  expect(page).toEqual({ runs: [], cursor: expect.any(String) });
  expect(query.mock.calls.length).toBeLessThan(5 * 16 * 4);
  query.mockRestore();
  expect((await client.cancelAll({ tenant: 'mine' })).runs).toMatchObject([{ id: mine.id }]);
});

it.each([
  [{ limit: 0 }, 'limit'],
  [{ cursor: 'x' }, 'cursor'],
  [{ limit: 1_001 }, 'limit'],
  [{ status: 'succeeded' as const }, 'status'],
  [{ since: 'soon' }, 'since'],
])('refuses %j', async (filter, field) => {
  const { client } = new VirtualSystem({ echo });
  await expect(client.cancelAll(filter)).rejects.toMatchObject({ code: 'InvalidArgument', field });
});

const waits = defineWorkflow('waits', { input: z.unknown() }).awaitSignal('go').build();
const outer = defineWorkflow('outer', { input: z.unknown() }).child(waits).build();

const byId = (runs: readonly { id: string }[]) => runs.map(({ id }) => id).sort();

describe('what belongs together', () => {
  it('parents and dependents end cancelled, whatever the order in which they are found', async () => {
    const system = new VirtualSystem({ echo, outer, waits });
    const { client, clock } = system;
    const chosen: string[] = [];
    for (let n = 0; n < 8; n += 1) {
      const parent = await client.submit(outer, n);
      await clock.advance(1_000);
      const first = await client.submit(waits, n);
      const second = await client.submit(echo, n, { dependsOn: [first], onDependencyFailure: 'skip' });
      await clock.advance(1_000);
      chosen.push(parent.id, first.id, second.id, (await client.submit(echo, n, { dependsOn: [second] })).id);
    }
    await system.drive();
    const dry = (await client.cancelAll({}, { dryRun: true })).runs;
    expect(byId(dry)).toEqual([...chosen].sort());
    const done = (await client.cancelAll()).runs;
    await system.drive();
    expect(byId(done)).toEqual([...chosen].sort());
    expect(new Set(done.map(({ error, status }) => error ?? status))).toEqual(new Set(['cancelled']));
    const left = await client.list({ limit: 100 });
    expect(new Set(left.runs.map(({ status }) => status))).toEqual(new Set(['cancelled']));
    expect(left.runs).toHaveLength(8 * 5);
  });

  it('all are asked for before one of them ends: a dependent of a child that ends with its parent', async () => {
    const system = new VirtualSystem({ echo, outer, waits });
    const { client } = system;
    const parent = await client.submit(outer, 1);
    await system.drive();
    const child = Object.values((await system.stored(parent.id)).nodes)[0]?.child?.run ?? '';
    const dependents = [];
    for (let n = 0; n < 6; n += 1) dependents.push(await client.submit(echo, n, { dependsOn: [child] }));
    const done = (await client.cancelAll()).runs;
    expect(byId(done)).toEqual(byId([parent, ...dependents]));
    for (const { id } of done) expect(await client.get(id)).toMatchObject({ status: 'cancelled' });
  });

  it('a child is cancelled by itself where its parent is not asked for', async () => {
    const system = new VirtualSystem({ outer, waits });
    const { client } = system;
    for (const n of [1, 2]) await client.submit(outer, n);
    await system.drive();
    const dryRun = true;
    expect((await client.cancelAll({}, { dryRun })).runs).toMatchObject([
      { task: 'outer' },
      { task: 'outer' },
    ]);
    expect((await client.cancelAll({ limit: 1 }, { dryRun })).runs).toMatchObject([{ task: 'outer' }]);
    const named = (await client.cancelAll({ name: 'waits', limit: 1 })).runs;
    expect(named).toMatchObject([{ task: 'waits', status: 'cancelled' }]);
  });

  it('children are not tried again beside their parents; one that is named is', async () => {
    const broken = { is: true };
    let charged = 0;
    const charge = defineTask({
      name: 'charge',
      input: z.unknown(),
      retry: { maxAttempts: 1 },
      run: () => {
        if (broken.is) throw new Error('broken');
        charged += 1;
      },
    });
    const inner = defineWorkflow('inner', { input: z.unknown() }).step(charge).build();
    const whole = defineWorkflow('whole', { input: z.unknown() }).child(inner).build();
    const system = new VirtualSystem({ charge, inner, whole });
    const { client } = system;
    const parent = await client.submit(whole, 1);
    await system.drive();
    broken.is = false;
    expect((await client.retryAll({}, { dryRun: true })).runs).toEqual([{ id: parent.id, task: 'whole' }]);
    expect((await client.retryAll()).runs).toEqual([
      { id: parent.id, task: 'whole', retry: `${parent.id}~2` },
    ]);
    await system.drive();
    expect(await client.get(`${parent.id}~2`)).toMatchObject({ status: 'succeeded' });
    expect(charged).toBe(1);
    const child = Object.values((await system.stored(parent.id)).nodes)[0]?.child?.run ?? '';
    expect(await client.retry(child)).toMatchObject({ created: true });
  });
});

describe('deliveries', () => {
  const down = {
    post: async () => 500,
    enqueue: async () => {
      throw new HoldfastError('QueueUnreachable', 'down');
    },
  };

  it('are left alone by a cancel and a pause of all, unless they are asked for by name', async () => {
    const system = new VirtualSystem({ echo }, {}, down);
    const { client } = system;
    const run = await client.submit(echo, 1, { deliverTo: [{ queue: 'results' }] });
    await system.drive(2);
    const delivery = `${run.id}~to1`;
    expect(await client.get(delivery)).toMatchObject({ deliveryOf: run.id, status: 'ready' });
    for (const options of [{ dryRun: true }, {}]) {
      expect((await client.pauseAll({}, options)).runs).toEqual([]);
      expect((await client.cancelAll({}, options)).runs).toEqual([]);
    }
    const name = 'holdfast.deliver-result';
    expect((await client.pauseAll({ name })).runs).toEqual([{ id: delivery, task: name, status: 'paused' }]);
    expect((await client.resumeAll()).runs).toMatchObject([{ id: delivery }]);
    expect((await client.cancelAll({ name })).runs).toEqual([
      { id: delivery, task: name, status: 'cancelled' },
    ]);
  });
});

it("what cannot be tried again, or was, is left out of a retry of many, and takes nobody else's place", async () => {
  const fails = defineTask({
    name: 'fails',
    input: z.unknown(),
    retry: { maxAttempts: 1 },
    run: () => {
      throw new Error('no luck');
    },
  });
  const system = new VirtualSystem({ echo, fails });
  const { client, clock } = system;
  const failed = await client.submit(fails, 1);
  await system.drive();
  await clock.advance(1_000);
  const again = await client.submit(fails, 2, { delay: '1s' });
  await client.submit(echo, 3, { dependsOn: [again] });
  await system.drive();
  await client.retry(again);
  expect((await client.list({ status: 'failed' })).runs).toHaveLength(3);
  const only = { id: failed.id, task: 'fails' };
  expect((await client.retryAll({ limit: 1 }, { dryRun: true })).runs).toEqual([only]);
  expect((await client.retryAll({ limit: 1 })).runs).toEqual([{ ...only, retry: `${failed.id}~2` }]);
  expect((await client.retryAll()).runs).toEqual([]);
});
