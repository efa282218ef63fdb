import { defineTask, defineWorkflow } from 'holdfast';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { HoldfastError } from '../../../lib/model/errors.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

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
  expect(await client.cancelAll()).toEqual([
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
  expect(await system.client.pauseAll({ limit: 240 })).toHaveLength(240);
  expect(await system.client.resumeAll({ limit: 1_000 })).toHaveLength(240);
  expect(await system.client.cancelAll({ limit: 1_000 }, { dryRun: true })).toHaveLength(250);
});

it.each([
  [{ limit: 0 }, 'limit'],
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
    const dry = await client.cancelAll({}, { dryRun: true });
    expect(byId(dry)).toEqual([...chosen].sort());
    const done = await client.cancelAll();
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
    const done = await client.cancelAll();
    expect(byId(done)).toEqual(byId([parent, ...dependents]));
    for (const { id } of done) expect(await client.get(id)).toMatchObject({ status: 'cancelled' });
  });

  it('a child is cancelled by itself where its parent is not asked for', async () => {
    const system = new VirtualSystem({ outer, waits });
    const { client } = system;
    for (const n of [1, 2]) await client.submit(outer, n);
    await system.drive();
    const dryRun = true;
    expect(await client.cancelAll({}, { dryRun })).toMatchObject([{ task: 'outer' }, { task: 'outer' }]);
    expect(await client.cancelAll({ limit: 1 }, { dryRun })).toMatchObject([{ task: 'outer' }]);
    const named = await client.cancelAll({ name: 'waits', limit: 1 });
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
    expect(await client.retryAll({}, { dryRun: true })).toEqual([{ id: parent.id, task: 'whole' }]);
    expect(await client.retryAll()).toEqual([{ id: parent.id, task: 'whole', retry: `${parent.id}~2` }]);
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
      expect(await client.pauseAll({}, options)).toEqual([]);
      expect(await client.cancelAll({}, options)).toEqual([]);
    }
    const name = 'holdfast.deliver-result';
    expect(await client.pauseAll({ name })).toEqual([{ id: delivery, task: name, status: 'paused' }]);
    expect(await client.resumeAll()).toMatchObject([{ id: delivery }]);
    expect(await client.cancelAll({ name })).toEqual([{ id: delivery, task: name, status: 'cancelled' }]);
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
  expect(await client.retryAll({ limit: 1 }, { dryRun: true })).toEqual([only]);
  expect(await client.retryAll({ limit: 1 })).toEqual([{ ...only, retry: `${failed.id}~2` }]);
  expect(await client.retryAll()).toEqual([]);
});
