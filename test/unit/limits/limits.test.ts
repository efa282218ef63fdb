import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineTask } from '../../../lib/define/task.ts';
import { defineWorkflow } from '../../../lib/define/workflow/define-workflow.ts';
import { HoldfastError } from '../../../lib/model/errors.ts';
import { deferred, VirtualSystem } from '../../support/virtual-system.ts';

const inside = new Set<string>();
const order: string[] = [];
let gates: (() => void)[] = [];
let most = 0;

const hold = async (id: string) => {
  inside.add(id);
  order.push(id);
  most = Math.max(most, inside.size);
  const { promise, resolve } = deferred<void>();
  gates.push(resolve);
  await promise;
  inside.delete(id);
  return id;
};
const shared = defineTask({ name: 'shared', input: z.string(), limit: { concurrency: 2 }, run: hold });
const keyed = defineTask({
  name: 'keyed',
  input: z.object({ id: z.string(), customer: z.string() }),
  limit: { name: 'customers', key: ({ customer }) => customer, concurrency: 1 },
  run: ({ id }) => hold(id),
});
const perTenant = defineTask({
  name: 'per-tenant',
  input: z.string(),
  limit: { key: (_, { tenant }) => tenant, concurrency: 1 },
  run: hold,
});
const oddKey = defineTask({
  name: 'odd-key',
  input: z.unknown(),
  limit: { key: (input) => input as string, concurrency: 1 },
  retry: { maxAttempts: 1 },
  run: () => 'ran',
});
const slow = defineTask({
  name: 'slow',
  input: z.string(),
  limit: { rate: { count: 1, per: '10s' } },
  retry: { maxAttempts: 2, backoff: '0ms' },
  run: (id) => {
    order.push(id);
    if (id === 'fails') throw new RangeError('no luck');
    return id;
  },
});
const cached = defineTask({
  name: 'cached',
  input: z.string(),
  cache: { ttl: '1h' },
  limit: { rate: { count: 1, per: '1h' } },
  run: (id) => id.toUpperCase(),
});
const stubborn = defineTask({
  name: 'stubborn',
  input: z.string(),
  limit: { concurrency: 2 },
  timeout: '30s',
  retry: { maxAttempts: 1 },
  run: hold,
});
const breaks = defineTask({
  name: 'breaks',
  input: z.string(),
  limit: { concurrency: 1 },
  retry: { maxAttempts: 1 },
  run: () => {
    throw new RangeError('no luck');
  },
});
const chain = defineWorkflow('chain', { input: z.string() })
  .map('before', (x) => `${x}!`)
  .step(shared)
  .map('after', (x) => `${x}!`)
  .build();
const tasks = { shared, keyed, perTenant, oddKey, slow, cached, stubborn, breaks, chain };

const turns = async (n = 30) => {
  for (let i = 0; i < n; i += 1) await new Promise((resolve) => setImmediate(resolve));
};
const ends = async (s: VirtualSystem, executing: Promise<unknown>[]) => {
  while (gates.length > 0) {
    gates.shift()?.();
    await turns();
    while (s.queue.sent.length > 0) executing.push(s.executeNext());
    await turns();
  }
  return await Promise.all(executing);
};
/** Executes all that was sent, without waiting for handlers. */
const executeAll = async (s: VirtualSystem) => {
  const executing: Promise<unknown>[] = [];
  while (s.queue.sent.length > 0) {
    executing.push(s.executeNext());
    await turns();
  }
  return executing;
};
const limitOf = (name: string, key = '') => ({ name, key });

beforeEach(() => {
  inside.clear();
  order.length = 0;
  gates = [];
  most = 0;
});

describe('a limit of handlers at a time', () => {
  it('is never exceeded, and whoever frees a slot rings the one that has waited longest', async () => {
    const s = new VirtualSystem(tasks);
    const runs = [];
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      runs.push(await s.client.submit(shared, id));
      await s.clock.advance(10);
    }
    const executing = await executeAll(s);
    expect([...inside]).toEqual(['a', 'b']);
    const waits = await s.client.get(runs[2] ?? '');
    expect(waits).toMatchObject({ status: 'ready', attempt: 0 });
    expect(waits).not.toHaveProperty('startedAt');
    expect(await s.client.why(runs[2] ?? '')).toMatchObject({
      cause: 'limit',
      limit: { name: 'shared' },
      message: expect.stringContaining('waits for a slot of the limit shared'),
    });
    await ends(s, executing);
    expect(order).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(most).toBe(2);
    for (const run of runs)
      expect(await s.client.get(run)).toMatchObject({ status: 'succeeded', attempt: 1 });
    expect((await s.limits.read(limitOf('shared')))?.holders).toEqual({});
    expect((await s.stored(runs[4]?.id ?? '')).nodes).not.toHaveProperty(['task', 'limited']);
  });

  it('is one for each key, and each tenant that is one', async () => {
    const s = new VirtualSystem(tasks);
    await s.client.submit(keyed, { id: 'a', customer: 'x' });
    await s.client.submit(keyed, { id: 'b', customer: 'x' });
    await s.client.submit(keyed, { id: 'c', customer: 'y' });
    await s.client.submit(perTenant, 'd', { tenant: 'one' });
    await s.client.submit(perTenant, 'e', { tenant: 'two' });
    const waits = await s.client.submit(perTenant, 'f', { tenant: 'two' });
    const executing = await executeAll(s);
    expect([...inside].sort()).toEqual(['a', 'c', 'd', 'e']);
    expect(await s.client.why(waits.id, { tenant: 'two' })).toMatchObject({
      cause: 'limit',
      limit: { name: 'per-tenant', key: 'two' },
    });
    await ends(s, executing);
    expect(order).toHaveLength(6);
  });

  it.each([[7], [''], ['x'.repeat(257)], ['\ud800'], [null]])(
    'fails an attempt whose key is %j',
    async (key) => {
      const s = new VirtualSystem(tasks);
      const run = await s.client.submit(oddKey, key);
      await s.executeNext();
      const ended = await s.client.get(run);
      expect(ended).toMatchObject({ status: 'failed', error: { code: 'InvalidArgument' } });
    },
  );

  it('gives its slot back when the handler fails', async () => {
    const s = new VirtualSystem(tasks);
    for (const id of ['a', 'b']) {
      const run = await s.client.submit(breaks, id);
      await s.executeNext();
      expect(await s.client.get(run)).toMatchObject({ status: 'failed' });
    }
  });

  it('holds for the steps of workflows, which go on inline afterwards', async () => {
    const s = new VirtualSystem(tasks);
    const runs = [];
    for (const id of ['a', 'b', 'c']) runs.push(await s.client.submit(chain, id));
    const executing = await executeAll(s);
    expect([...inside]).toEqual(['a!', 'b!']);
    expect(await s.client.why(runs[2] ?? '')).toMatchObject({ cause: 'limit', node: 'shared' });
    await ends(s, executing);
    for (const run of runs) expect(await s.client.get(run)).toMatchObject({ status: 'succeeded' });
    expect(most).toBe(2);
  });

  it('lets the high wait less than the low, and none for ever', async () => {
    const s = new VirtualSystem(tasks, { agingInterval: '1m' });
    for (const id of ['a', 'b']) await s.client.submit(shared, id);
    const executing = await executeAll(s);
    for (const [id, priority] of [
      ['low', 'low'],
      ['normal', 'normal'],
      ['high', 'high'],
    ] as const) {
      await s.client.submit(shared, id, { priority });
      executing.push(...(await executeAll(s)));
    }
    await s.clock.advance(200_000);
    for (let n = 0; n < 5; n += 1) {
      await s.client.submit(shared, `later ${n}`, { priority: 'high' });
      executing.push(...(await executeAll(s)));
    }
    await ends(s, executing);
    expect(order.slice(2, 5)).toEqual(['high', 'normal', 'low']);
  });

  it('passes over those that were cancelled, or paused, meanwhile', async () => {
    const s = new VirtualSystem(tasks);
    const runs = [];
    for (let n = 0; n < 40; n += 1) runs.push(await s.client.submit(shared, `${n}`));
    const executing = await executeAll(s);
    for (const run of runs.slice(2, 38)) await s.client.cancel(run);
    const paused = runs[38] ?? '';
    await s.client.pause(paused);
    await s.discover();
    await ends(s, executing);
    expect(order).toEqual(['0', '1', '39']);
    await s.client.resume(paused);
    await ends(s, await executeAll(s));
    expect(order.at(-1)).toBe('38');
    for (const run of runs.slice(2, 38))
      expect(await s.client.get(run)).toMatchObject({ status: 'cancelled' });
  });

  it('asks again after a while where its waiter was never entered', async () => {
    const s = new VirtualSystem(tasks);
    const runs = [];
    s.limits.wait = async () => {
      throw new HoldfastError('StoreUnreachable', 'no answer');
    };
    for (const id of ['a', 'b', 'c']) runs.push(await s.client.submit(shared, id));
    const executing = await executeAll(s);
    await ends(s, executing);
    expect(order).toEqual(['a', 'b']);
    expect(s.logged('not entered among those that wait')).toHaveLength(1);
    await s.clock.advance(59_000);
    await s.discover();
    expect(s.queue.sent).toEqual([]);
    await s.clock.advance(10_000);
    await s.discover();
    await ends(s, await executeAll(s));
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('rings one that was entered when the slot had just become free', async () => {
    const s = new VirtualSystem(tasks);
    for (const id of ['a', 'b', 'c']) await s.client.submit(shared, id);
    const { wait } = s.limits;
    const executing: Promise<unknown>[] = [];
    s.limits.wait = async (...given) => {
      gates.shift()?.();
      await turns();
      await wait.apply(s.limits, given);
    };
    executing.push(...(await executeAll(s)));
    await turns();
    executing.push(...(await executeAll(s)));
    expect(order).toEqual(['a', 'b', 'c']);
    await ends(s, executing);
  });

  it('renews its slot, and ends an attempt that has lost it', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(shared, 'a');
    const [executing] = await executeAll(s);
    const before = Object.values((await s.limits.read(limitOf('shared')))?.holders ?? {})[0] ?? 0;
    await s.clock.advance(20_000);
    await turns();
    const holders = (await s.limits.read(limitOf('shared')))?.holders ?? {};
    expect(Object.values(holders)).toEqual([before + 20_000]);
    const [holder = ''] = Object.keys(holders);
    await s.limits.release(limitOf('shared'), holder);
    await s.clock.advance(20_000);
    await turns();
    await s.clock.advance(60_000);
    expect(await executing).toMatchObject({ verdict: 'acknowledge', because: 'lost' });
    expect(s.logged('slot lost')).toHaveLength(1);
    gates.shift()?.();
    await turns();
    expect(await s.client.get(run)).toMatchObject({ status: 'running' });
  });

  it('lets none that comes anew overtake those that wait', async () => {
    const s = new VirtualSystem(tasks);
    for (const id of ['a', 'b', 'c', 'd']) {
      await s.client.submit(shared, id);
      await s.clock.advance(10);
    }
    const executing = await executeAll(s);
    gates.shift()?.();
    await turns();
    // The slot is free and c is rung, but e comes first.
    const rung = s.queue.sent.splice(0);
    await s.clock.advance(10);
    await s.client.submit(shared, 'e');
    await s.executeNext();
    expect([...inside]).toEqual(['b']);
    s.queue.sent.push(...rung);
    executing.push(...(await executeAll(s)));
    await ends(s, executing);
    // Entering, e rang d as well: the slot was free then. Of c and d either may be first.
    expect([order.slice(0, 4).sort(), order.at(-1)]).toEqual([['a', 'b', 'c', 'd'], 'e']);
    expect(await s.limits.read(limitOf('shared'))).not.toHaveProperty('awaited');
  });

  it('keeps the slot of a handler that goes on after its time', async () => {
    const s = new VirtualSystem(tasks);
    const runs = [];
    for (const id of ['a', 'b', 'c']) runs.push(await s.client.submit(stubborn, id));
    const executing = await executeAll(s);
    await s.clock.advance(40_000);
    await turns();
    expect(await s.client.get(runs[0] ?? '')).toMatchObject({
      status: 'failed',
      error: { code: 'TimedOut' },
    });
    for (let n = 0; n < 10; n += 1) {
      await s.clock.advance(60_000);
      await turns();
      await s.discover();
      executing.push(...(await executeAll(s)));
    }
    expect(order).toEqual(['a', 'b']);
    gates.shift()?.();
    await turns();
    executing.push(...(await executeAll(s)));
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('gives up the slot of a handler that goes on for long', async () => {
    const s = new VirtualSystem(tasks);
    for (const id of ['a', 'b', 'c']) await s.client.submit(stubborn, id);
    const executing = await executeAll(s);
    for (let n = 0; n < 120; n += 1) {
      await s.clock.advance(10_000);
      await turns(4);
    }
    expect(s.logged('slot given up')).toHaveLength(2);
    await s.discover();
    executing.push(...(await executeAll(s)));
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('keeps its slot over a renewal that got no answer', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(shared, 'a');
    const executing = await executeAll(s);
    const { renew } = s.limits;
    s.limits.renew = async () => {
      throw new HoldfastError('StoreUnreachable', 'no answer');
    };
    await s.clock.advance(20_000);
    await turns();
    s.limits.renew = renew;
    expect(s.logged('slot not renewed')).toHaveLength(1);
    await s.clock.advance(20_000);
    await turns();
    await ends(s, executing);
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded' });
  });

  it('is free again when its holder is gone, or could not say that it has ended', async () => {
    const s = new VirtualSystem(tasks);
    s.limits.release = async () => {
      throw new HoldfastError('StoreUnreachable', 'no answer');
    };
    for (const id of ['a', 'b']) await s.client.submit(shared, id);
    await ends(s, await executeAll(s));
    expect(s.logged('slot not released')).toHaveLength(2);
    await s.client.submit(shared, 'c');
    await executeAll(s);
    expect(order).toEqual(['a', 'b']);
    await s.clock.advance(66_000);
    await s.client.submit(shared, 'd');
    await ends(s, await executeAll(s));
    expect(order).toContain('d');
  });

  it('queues up where others are always faster to write', async () => {
    const s = new VirtualSystem(tasks);
    const { write } = s.limits;
    s.limits.write = async () => false;
    const run = await s.client.submit(shared, 'a');
    const executing = s.executeNext();
    for (let n = 0; n < 20; n += 1) {
      await turns(5);
      await s.clock.advance(50);
    }
    expect(await executing).toMatchObject({ because: 'limited' });
    s.limits.write = write;
    await ends(s, await executeAll(s));
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded' });
  });
});

describe('a limit of starts in a time', () => {
  it('has each wait for a time of its own, and tells it', async () => {
    const s = new VirtualSystem(tasks);
    const start = s.clock.now();
    const runs = [];
    for (const id of ['a', 'b', 'c']) runs.push(await s.client.submit(slow, id));
    await executeAll(s);
    expect(order).toEqual(['a']);
    expect(await s.client.why(runs[2] ?? '')).toMatchObject({
      cause: 'limit',
      until: new Date(start + 20_000).toISOString(),
      message: expect.stringContaining('the rate of the limit slow is used up'),
    });
  });

  it('rings it for its time', async () => {
    const s = new VirtualSystem(tasks);
    const start = s.clock.now();
    for (const id of ['a', 'b', 'c']) await s.client.submit(slow, id);
    for (let n = 0; n < 3; n += 1) await s.executeNext();
    expect(s.queue.sent.map(({ delayMs }) => delayMs)).toEqual([10_000, 20_000]);
    await s.clock.advance(10_000);
    await s.executeNext();
    await s.clock.advance(10_000);
    await s.executeNext();
    expect(order).toEqual(['a', 'b', 'c']);
    expect(s.clock.now()).toBe(start + 20_000);
  });

  it('counts each attempt: a permit is for one', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(slow, 'fails');
    await s.executeNext();
    await s.executeNext();
    expect(order).toEqual(['fails']);
    expect(await s.client.why(run)).toMatchObject({ cause: 'limit' });
    await s.clock.advance(10_000);
    await s.executeNext();
    expect(order).toEqual(['fails', 'fails']);
    expect(await s.client.get(run)).toMatchObject({ status: 'failed', attempt: 2 });
  });

  it('is not asked for a result that is there', async () => {
    const s = new VirtualSystem(tasks);
    for (let n = 0; n < 3; n += 1) {
      const run = await s.client.submit(cached, 'x');
      await s.executeNext();
      expect(await s.client.get(run)).toMatchObject({ status: 'succeeded', output: 'X' });
    }
  });

  it('ends at once when the run is cancelled while it waits', async () => {
    const s = new VirtualSystem(tasks);
    await s.client.submit(slow, 'a');
    await s.executeNext();
    const run = await s.client.submit(slow, 'b');
    await s.executeNext();
    await s.client.cancel(run);
    expect(await s.client.get(run)).toMatchObject({ status: 'cancelled' });
  });
});

it.each([
  [{}, 'limit.concurrency'],
  [{ concurrency: 0 }, 'limit.concurrency'],
  [{ concurrency: 501 }, 'limit.concurrency'],
  [{ concurrency: 1.5 }, 'limit.concurrency'],
  [{ rate: { count: 0, per: '1s' } }, 'limit.rate.count'],
  [{ rate: { count: 10_001, per: '1s' } }, 'limit.rate.count'],
  [{ rate: { count: 1, per: '999ms' } }, 'limit.rate.per'],
  [{ rate: { count: 1, per: '25h' } }, 'limit.rate.per'],
  [{ rate: { count: 1, per: 'soon' } }, 'limit.rate.per'],
  [{ concurrency: 1, key: 'customer' }, 'limit.key'],
  [{ concurrency: 1, name: 'a#b' }, 'limit.name'],
])('%j is refused, naming the field', (limit, field) => {
  const define = () => defineTask({ name: 'odd', input: z.unknown(), limit: limit as never, run: () => 1 });
  expect(define).toThrow(expect.objectContaining({ field: expect.stringContaining(field) }));
});
