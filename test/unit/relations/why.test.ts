import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { directClient } from '../../../lib/client/direct-client.ts';
import { defaultPool } from '../../../lib/config/pools.ts';
import { Registry } from '../../../lib/define/registry.ts';
import { defineTask } from '../../../lib/define/task.ts';
import { defineWorkflow } from '../../../lib/define/workflow/define-workflow.ts';
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
