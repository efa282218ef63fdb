import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Context } from '../../../lib/define/context.ts';
import { defineTask } from '../../../lib/define/task.ts';
import { defineWorkflow } from '../../../lib/define/workflow/define-workflow.ts';
import { deferred, VirtualSystem } from '../../support/virtual-system.ts';

const seen: { ctx?: Context; release?: () => void } = {};
const hold = defineTask({
  name: 'hold',
  input: z.number(),
  run: async (input, ctx) => {
    const { promise, resolve } = deferred<void>();
    Object.assign(seen, { ctx, release: () => resolve() });
    await Promise.race([
      promise,
      new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))),
    ]);
    return input + 1;
  },
});
const next = defineTask({ name: 'next', input: z.number(), run: (input) => input * 10 });
const two = defineWorkflow('two', { input: z.number() }).step(hold).step(next).build();
const tasks = { hold, next, two };

/** A run of which somebody is at work on the first step. */
async function held() {
  const system = new VirtualSystem(tasks);
  const run = await system.client.submit(two, 1);
  const executing = system.executeNext();
  await system.clock.advance(0);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await system.client.get(run)).toMatchObject({ status: 'running' });
  return { system, run, executing };
}

describe('a pause', () => {
  it('lets the holder finish, starts nothing more, and says who and why', async () => {
    const { executing, run, system } = await held();
    const asked = await system.client.pause(run, { reason: 'month end', by: 'ada' });
    expect(asked).toMatchObject({
      status: 'running',
      pause: { reason: 'month end', by: 'ada', mode: 'graceful' },
    });
    seen.release?.();
    await executing;
    expect(await system.client.get(run)).toMatchObject({ status: 'paused' });
    expect((await system.stored(run.id)).phase).toBe('paused');
    expect(system.queue.sent).toEqual([]);
    await system.clock.advance(3_600_000);
    await system.discover();
    expect(system.queue.sent).toEqual([]);
    const resumed = await system.client.resume(run, { by: 'bob', reason: 'done' });
    expect(resumed).toMatchObject({ status: 'ready', resumed: { by: 'bob', reason: 'done' } });
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', output: 20 });
  });

  it('in abort mode stops the handler, whose attempt does not count', async () => {
    const { executing, run, system } = await held();
    await system.client.pause(run, { mode: 'abort', reason: 'now' });
    await system.clock.advance(20_000);
    await executing;
    expect(seen.ctx?.signal.reason).toMatchObject({ code: 'Cancelled', message: 'The run was paused: now' });
    expect(await system.client.get(run)).toMatchObject({ status: 'paused', attempt: 0 });
    await system.client.resume(run);
    const again = system.executeNext();
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen.ctx).toMatchObject({ attempt: 1 });
    seen.release?.();
    await again;
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', output: 20 });
  });

  it.each(['pause', 'cancel', 'finish'] as const)('is refused after %s', async (before) => {
    const system = new VirtualSystem(tasks);
    const run = await system.client.submit(next, 1);
    if (before === 'finish') await system.drive();
    else if (before === 'pause') await system.client.pause(run);
    else {
      const other = await held();
      await other.system.client.cancel(other.run);
      await expect(other.system.client.pause(other.run)).rejects.toMatchObject({ code: 'AlreadyCancelled' });
      await expect(other.system.client.resume(other.run)).rejects.toMatchObject({ code: 'AlreadyCancelled' });
      seen.release?.();
      await other.executing;
      return;
    }
    const code = before === 'finish' ? 'AlreadyFinished' : 'AlreadyPaused';
    await expect(system.client.pause(run)).rejects.toMatchObject({ code });
  });

  it('is over with a resume only once', async () => {
    const system = new VirtualSystem(tasks);
    const run = await system.client.submit(next, 1);
    await expect(system.client.resume(run)).rejects.toMatchObject({ code: 'NotPaused' });
    await system.client.pause(run);
    await system.client.resume(run);
    await expect(system.client.resume(run)).rejects.toMatchObject({ code: 'NotPaused' });
  });

  it('gives way to a cancel', async () => {
    const system = new VirtualSystem(tasks);
    const run = await system.client.submit(next, 1);
    expect(await system.client.pause(run)).toMatchObject({ status: 'paused' });
    expect(await system.client.cancel(run, { reason: 'no use' })).toMatchObject({
      status: 'cancelled',
      cancel: { reason: 'no use' },
    });
  });

  it('keeps a delayed run from starting, and lets it start when its time has passed', async () => {
    const system = new VirtualSystem(tasks);
    const run = await system.client.submit(next, 1, { delay: '1h' });
    await system.client.pause(run);
    await system.clock.advance(7_200_000);
    await system.discover();
    await system.client.resume(run);
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded' });
  });
});

describe('a cancel', () => {
  it('that is graceful lets the holder finish its step, and ends the run', async () => {
    const { executing, run, system } = await held();
    expect(await system.client.cancel(run, { by: 'ada' })).toMatchObject({
      status: 'running',
      cancel: { by: 'ada' },
    });
    seen.release?.();
    await executing;
    expect(await system.client.get(run)).toMatchObject({
      status: 'cancelled',
      nodes: [{ id: 'hold', status: 'succeeded', output: 2 }],
    });
  });

  it('can be raised to abort, once', async () => {
    const { executing, run, system } = await held();
    await system.client.cancel(run);
    await expect(system.client.cancel(run)).rejects.toMatchObject({ code: 'AlreadyCancelled' });
    await system.client.cancel(run, { mode: 'abort', reason: 'at once' });
    await expect(system.client.cancel(run, { mode: 'abort' })).rejects.toMatchObject({
      code: 'AlreadyCancelled',
    });
    await system.clock.advance(20_000);
    await executing;
    expect(seen.ctx?.signal.reason).toMatchObject({
      code: 'Cancelled',
      message: 'The run was cancelled: at once',
    });
    expect(await system.client.get(run)).toMatchObject({ status: 'cancelled' });
  });
});
