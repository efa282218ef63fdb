import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { directClient } from '../../../lib/client/direct-client.ts';
import { defaultPool } from '../../../lib/config/pools.ts';
import { Registry } from '../../../lib/define/registry.ts';
import { defineTask } from '../../../lib/define/task.ts';
import { defineWorkflow } from '../../../lib/define/workflow/define-workflow.ts';
import { HoldfastError } from '../../../lib/model/errors.ts';
import type { NodeId } from '../../../lib/model/ids.ts';
import { deferred, VirtualSystem } from '../../support/virtual-system.ts';

const begun: { release?: () => void } = {};
const plain = defineTask({ name: 'plain', input: z.number(), run: (input) => input });
const hold = defineTask({
  name: 'hold',
  input: z.number(),
  run: async (input) => {
    const { promise, resolve } = deferred<void>();
    begun.release = () => resolve();
    await promise;
    return input;
  },
});
const breaks = defineTask({
  name: 'breaks',
  input: z.number(),
  retry: { maxAttempts: 2, backoff: '10s' },
  run: () => {
    throw new RangeError('out of range');
  },
});
const delayed = defineWorkflow('delayed', { input: z.number() }).delay('rest', '1h').step(plain).build();
const gated = defineWorkflow('gated', { input: z.number() }).awaitSignal('go', { timeout: '1d' }).build();
const parent = defineWorkflow('parent', { input: z.number() }).child(gated).build();
const tasks = { plain, hold, breaks, delayed, gated, parent };

const iso = (ms: number) => new Date(ms).toISOString();
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function holding() {
  const s = new VirtualSystem(tasks);
  const run = await s.client.submit(hold, 1);
  const executing = s.executeNext();
  await turn();
  return { s, run, executing };
}

describe('why a run waits', () => {
  it('names the owner of the lease, and when that ends', async () => {
    const { executing, run, s } = await holding();
    expect(await s.client.why(run)).toMatchObject({
      status: 'running',
      cause: 'lease',
      workerId: 'worker-1',
      node: 'task',
      until: iso(s.clock.now() + s.settings.lease),
    });
    begun.release?.();
    await executing;
    expect(await s.client.why(run)).toMatchObject({ cause: 'ended', status: 'succeeded' });
  });

  it('tells an owner who fell silent', async () => {
    const { executing, run, s } = await holding();
    const later = directClient({
      ...s.ports(),
      pools: { [defaultPool]: { tags: [], lanes: { normal: 'http://127.0.0.1/queue' } } },
      clock: { ...s.clock, now: () => s.clock.now() + 600_000, after: (ms, fire) => s.clock.after(ms, fire) },
    });
    expect((await later.why(run)).message).toMatch(/^Worker worker-1 fell silent/);
    begun.release?.();
    await executing;
  });

  it('names the time of a delay, of a late start, and of the next attempt', async () => {
    const s = new VirtualSystem(tasks);
    const hourLater = iso(s.clock.now() + 3_600_000);
    const rests = await s.client.submit(delayed, 1);
    expect(await s.client.why(rests)).toMatchObject({ cause: 'timer', node: 'rest', until: hourLater });
    const late = await s.client.submit(plain, 1, { delay: '1h' });
    expect(await s.client.why(late)).toMatchObject({ cause: 'timer', until: hourLater });
    s.queue.drain();
    const failing = await s.client.submit(breaks, 1);
    await s.executeNext();
    expect(await s.client.why(failing)).toMatchObject({
      cause: 'retry',
      error: { type: 'RangeError', message: 'out of range', attempt: 1 },
      until: iso(s.clock.now() + 5_000),
    });
  });

  it('names the signal, the child, the dependency', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(parent, 1);
    const dependent = await s.client.submit(plain, 1, { dependsOn: [run] });
    await s.drive();
    const why = await s.client.why(run);
    expect(why).toMatchObject({ status: 'waiting', cause: 'child', node: 'gated' });
    const [child = ''] = why.runs ?? [];
    expect(await s.client.why(child)).toMatchObject({
      cause: 'signal',
      signal: 'go',
      node: 'go',
      until: iso(s.clock.now() + 86_400_000),
    });
    expect(await s.client.why(dependent)).toMatchObject({ cause: 'dependency', runs: [run.id] });
  });

  it('names who paused it, and what a cancel waits for', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(plain, 1);
    await s.client.pause(run, { by: 'ada', reason: 'month end' });
    expect(await s.client.why(run)).toMatchObject({
      status: 'paused',
      cause: 'paused',
      by: 'ada',
      reason: 'month end',
      message: `Paused by ada since ${iso(s.clock.now())}: month end. Resume it to let it go on.`,
    });
    const held = await holding();
    await held.s.client.cancel(held.run, { by: 'bob' });
    expect(await held.s.client.why(held.run)).toMatchObject({
      cause: 'cancelling',
      workerId: 'worker-1',
      node: 'task',
      by: 'bob',
    });
    begun.release?.();
    await held.executing;
  });

  it('names who paused it also while somebody is at work, and when they fell silent', async () => {
    const { executing, run, s } = await holding();
    await s.client.pause(run, { by: 'ada' });
    const until = iso(s.clock.now() + s.settings.lease);
    expect(await s.client.why(run)).toMatchObject({
      status: 'running',
      cause: 'paused',
      by: 'ada',
      node: 'task',
      workerId: 'worker-1',
      until,
      message: `Being paused by ada since ${iso(s.clock.now())}. It waits for worker-1 to finish task, or for the lease to end at ${until}.`,
    });
    // Nobody renews: whoever looks after the lease has ended parks it.
    const apply = s.runs.apply.bind(s.runs);
    vi.spyOn(s.runs, 'apply').mockImplementation(async (transition) => {
      if (transition.name === 'renew') throw new HoldfastError('StoreUnreachable', 'gone');
      return await apply(transition);
    });
    for (const _ of [1, 2]) {
      await s.clock.advance(200_000);
      await s.discover();
    }
    const parked = await s.stored(run.id);
    expect([parked.phase, parked.nodes['task' as NodeId]?.status]).toEqual(['paused', 'running']);
    const why = await s.client.why(run);
    expect(why).toMatchObject({ status: 'paused', cause: 'paused', by: 'ada' });
    expect(why.message).toMatch(/^Paused by ada since .*\. Resume it to let it go on\.$/);
    begun.release?.();
    await executing;
  });

  it('says of each end how it ended', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(gated, 1);
    const next = await s.client.submit(plain, 1, { dependsOn: [run], onDependencyFailure: 'skip' });
    const done = await s.client.submit(plain, 1);
    await s.client.cancel(run);
    await s.drive();
    const said = [run, next, done].map(async ({ id }) => (await s.client.why(id)).message);
    expect(await Promise.all(said)).toEqual(
      ['was cancelled', 'was skipped', 'has succeeded'].map((how) => `It waits for nothing: it ${how}.`),
    );
  });

  it('says when one that too many stand before learns of an end', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(gated, 1);
    for (let n = 0; n < 256; n += 1) await s.client.submit(plain, n, { dependsOn: [run] });
    const late = await s.client.submit(plain, 1, { dependsOn: [run] });
    expect((await s.client.why(late)).message).toBe(`It waits for the run ${run.id} to succeed.`);
    await s.client.signal(run, 'go', 1);
    await s.drive();
    const until = iso((await s.stored(late.id)).at);
    expect(await s.client.why(late)).toMatchObject({
      status: 'waiting',
      cause: 'dependency',
      runs: [run.id],
      until,
      message: `It waits for its next look, at ${until}: the run ${run.id} has ended already, and it was not among the first to be told.`,
    });
    await s.clock.advance(16 * 60_000);
    await s.discover();
    await s.drive();
    expect(await s.client.get(late)).toMatchObject({ status: 'succeeded' });
  });

  it('tells a message on its way from a pool without workers, and from one that is gone', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(plain, 1);
    expect(await s.client.why(run)).toMatchObject({ cause: 'queue', pool: defaultPool });
    await s.clock.advance(61_000);
    expect(await s.client.why(run)).toMatchObject({ cause: 'pool', pool: defaultPool });
    const now = s.clock.now();
    await s.workers.put({
      id: 'worker-1',
      pool: defaultPool,
      kind: 'process',
      startedAt: now,
      lastSeenAt: now,
      expiresAt: now + 30_000,
      stopped: false,
      running: 0,
      succeeded: 0,
      failed: 0,
      busyMs: 0,
    });
    expect(await s.client.why(run)).toMatchObject({ cause: 'queue' });
    const elsewhere = directClient({ ...s.ports(), pools: {} });
    expect(await elsewhere.why(run)).toMatchObject({
      cause: 'pool',
      message: `There is no pool ${defaultPool} any more.`,
    });
  });

  it('tells that the definition is not deployed', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(plain, 1);
    const other = directClient({ ...s.ports(), pools: {}, registry: new Registry([hold]) });
    expect(await other.why(run)).toMatchObject({ cause: 'definition' });
  });

  it('is not to be had for a run that is not there', async () => {
    const s = new VirtualSystem(tasks);
    await expect(s.client.why('nobody')).rejects.toMatchObject({ code: 'NotFound' });
  });
});
