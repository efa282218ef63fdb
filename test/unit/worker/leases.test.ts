import { type Context, currentContext, defineTask } from 'holdfast';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HoldfastError } from '../../../lib/model/errors.ts';
import type { Transition } from '../../../lib/model/transition.ts';
import type { Applied } from '../../../lib/ports/run-store.ts';
import { MemoryRunStore } from '../../../lib/testing/memory-stores.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

/** A task that the test ends, and what it saw of its contexts, one for each start. */
function held(options: { lease?: '30s' | '3s'; timeout?: '40s'; heedsSignal?: boolean } = {}) {
  const starts: { ctx: Context; done: (value: string) => void; fail: (error: Error) => void }[] = [];
  const task = defineTask({
    name: 'held',
    input: z.null(),
    ...(options.lease && { lease: options.lease }),
    ...(options.timeout && { timeout: options.timeout }),
    run: (_, ctx) =>
      new Promise<string>((resolve, reject) => {
        starts.push({ ctx, done: resolve, fail: reject });
        if (options.heedsSignal) ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason));
      }),
  });
  const last = () => {
    const start = starts.at(-1);
    if (!start) throw new Error('not started');
    return start;
  };
  return { task, starts, last };
}

/** A store whose answers the test can take away. */
class FlakyRunStore extends MemoryRunStore {
  down = false;
  /** The names of transitions that are applied, but whose answer is lost once each. */
  readonly loseAnswerOf: string[] = [];

  override async apply(transition: Transition): Promise<Applied> {
    if (this.down) throw new HoldfastError('StoreUnreachable', 'no answer');
    const lost = this.loseAnswerOf.indexOf(transition.name);
    if (lost < 0) return super.apply(transition);
    this.loseAnswerOf.splice(lost, 1);
    await super.apply(transition);
    return super.apply(transition); // the SDK's own retry meets the result of its first try
  }
}

describe('renewal', () => {
  it('a task of three times its lease completes with one start, its message kept hidden', async () => {
    const { task, starts, last } = held({ lease: '30s' });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    const executing = system.executeNext();
    await system.clock.advance(90_000);
    last().done('late');
    expect(await executing).toMatchObject({ because: 'succeeded' });
    expect(starts).toHaveLength(1);
    expect(system.queue.extended).toHaveLength(9);
    expect(system.queue.extended[0]).toMatchObject({ visibility: 30 });
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', attempt: 1 });
  });

  it('keeps others away while it goes on', async () => {
    const { task, starts, last } = held({ lease: '30s' });
    const system = new VirtualSystem({ task });
    await system.client.submit(task, null);
    const message = system.takeMessage();
    const executing = system.executor('worker-1').execute(system.delivery(message));
    await system.clock.advance(80_000);
    const other = await system.executor('worker-2').execute(system.delivery(message));
    expect(other).toEqual({ verdict: 'acknowledge', because: 'Leased' });
    last().done('ok');
    await executing;
    expect(starts).toHaveLength(1);
  });

  it('brings the look forward for a lease that ends before it', async () => {
    const { task, last } = held({ lease: '3s' });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    const executing = system.executeNext();
    await system.clock.advance(0);
    const stored = await system.stored(run.id);
    expect(stored.at).toBe(system.clock.now() + 3_000 + 5_000 + 1);
    last().done('ok');
    await executing;
  });

  it('carries progress and checkpoint', async () => {
    const { task, last } = held({ lease: '30s' });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    const executing = system.executeNext();
    await system.clock.advance(0);
    last().ctx.progress({ percent: 40 });
    await last().ctx.checkpoint({ page: 7 });
    await system.clock.advance(10_000);
    expect(await system.client.get(run)).toMatchObject({ status: 'running', progress: { percent: 40 } });
    expect((await system.node(run.id)).checkpoint).toEqual({ text: '{"page":7}' });
    last().done('ok');
    await executing;
    expect(() => last().ctx.progress('x'.repeat(2_000))).toThrow(/at most 1024 bytes/);
  });

  it('a message that is no longer ours is only told', async () => {
    const { task, last } = held({ lease: '30s' });
    const system = new VirtualSystem({ task });
    await system.client.submit(task, null);
    system.queue.extend = async () => false;
    const executing = system.executeNext();
    await system.clock.advance(10_000);
    last().done('ok');
    expect(await executing).toMatchObject({ because: 'succeeded' });
    expect(system.logged('visibility not extended')).toHaveLength(1);
  });
});

describe('a lost lease', () => {
  it('after a freeze another owner finishes; the late result is refused', async () => {
    const { task, starts, last } = held({ lease: '30s' });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    const message = system.takeMessage();
    const zombie = system.executor('zombie').execute(system.delivery(message));
    await system.clock.advance(0);
    const first = last();
    system.clock.freeze(36_000);
    const heir = system.executor('heir').execute(system.delivery(message));
    await Promise.resolve();
    first.done('late');
    expect(await zombie).toEqual({ verdict: 'acknowledge', because: 'lost' });
    await system.clock.advance(0);
    last().done('mine');
    expect(await heir).toMatchObject({ because: 'succeeded' });
    const finished = await system.client.get(run);
    expect(finished).toMatchObject({ status: 'succeeded', output: 'mine', workerId: 'heir', attempt: 2 });
    expect(starts.map(({ ctx }) => ctx.fencingToken)).toEqual([1, 2]);
  });

  it('fires the signal when renewal finds another owner, and says so', async () => {
    const { task, last } = held({ lease: '30s', heedsSignal: true });
    const system = new VirtualSystem({ task });
    await system.client.submit(task, null);
    const message = system.takeMessage();
    const zombie = system.executor('zombie').execute(system.delivery(message));
    await system.clock.advance(0);
    const { ctx } = last();
    system.clock.freeze(36_000);
    // The heir claims before the zombie's overdue timers run.
    const heir = system.executor('heir').execute(system.delivery(message));
    await system.clock.advance(1);
    expect(ctx.signal.reason).toMatchObject({ code: 'LeaseLost' });
    expect(await zombie).toMatchObject({ because: 'lost' });
    expect(system.logged('lease lost to another owner')[0]?.fields).toMatchObject({
      owner: 'heir',
      epoch: 2,
    });
    last().done('ok');
    expect(await heir).toMatchObject({ because: 'succeeded' });
  });

  it('an unreachable store is tried again, and only the end of the lease ends the attempt', async () => {
    const { task, last } = held({ lease: '30s' });
    const system = new VirtualSystem({ task });
    const store = new FlakyRunStore();
    const own = system.ports('worker-1', store);
    system.runs.apply = store.apply.bind(store);
    system.runs.create = store.create.bind(store);
    await system.client.submit(task, null);
    const executing = system.executor(own.workerId, store).execute(system.delivery(system.takeMessage()));
    await system.clock.advance(9_000);
    store.down = true;
    await system.clock.advance(15_000);
    expect(last().ctx.signal.aborted).toBe(false);
    expect(system.logged('store unreachable: lease not renewed')).toHaveLength(2);
    await system.clock.advance(6_000);
    expect(last().ctx.signal.reason).toMatchObject({ code: 'LeaseLost' });
    expect(system.logged('lease ran out: the store was unreachable')).toHaveLength(1);
    await system.clock.advance(1_000);
    expect(await executing).toMatchObject({ because: 'lost' });
  });

  it('survives a lost answer to its claim and to its commit', async () => {
    const { task, last } = held();
    const system = new VirtualSystem({ task });
    const store = new FlakyRunStore();
    system.runs.create = store.create.bind(store);
    await system.client.submit(task, null);
    store.loseAnswerOf.push('claim', 'commit');
    const executing = system.executor('worker-1', store).execute(system.delivery(system.takeMessage()));
    await system.clock.advance(0);
    last().done('ok');
    expect(await executing).toMatchObject({ because: 'succeeded' });
    expect(store.writes).toEqual(['submit', 'claim', 'commit']);
  });

  it('keeps a result while the store is down, as long as the lease lasts', async () => {
    const { task, last } = held();
    const system = new VirtualSystem({ task });
    const store = new FlakyRunStore();
    system.runs.create = store.create.bind(store);
    await system.client.submit(task, null);
    const executing = system.executor('worker-1', store).execute(system.delivery(system.takeMessage()));
    await system.clock.advance(0);
    store.down = true;
    last().done('ok');
    await system.clock.advance(5_000);
    store.down = false;
    await system.clock.advance(1_000);
    expect(await executing).toMatchObject({ because: 'succeeded' });
  });

  it('gives up a result only with the lease', async () => {
    const { task, last } = held();
    const system = new VirtualSystem({ task });
    const store = new FlakyRunStore();
    system.runs.create = store.create.bind(store);
    await system.client.submit(task, null);
    const executing = system.executor('worker-1', store).execute(system.delivery(system.takeMessage()));
    const refused = expect(executing).rejects.toMatchObject({ code: 'StoreUnreachable' });
    await system.clock.advance(0);
    store.down = true;
    last().done('ok');
    await system.clock.advance(61_000);
    await refused;
  });
});

describe('a crash', () => {
  it('is taken over after the lease and its grace, by a fresh doorbell; the crash is the failure shown', async () => {
    const { task, last } = held({ lease: '30s' });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    await crash(system);
    await system.clock.advance(34_000);
    await system.discover();
    expect(system.queue.sent).toEqual([]);
    await system.clock.advance(1_500);
    expect(await system.discover()).toMatchObject({ tended: 1, sent: 1 });
    const executing = system.executeNext(system.executor('heir'));
    await system.clock.advance(0);
    expect(await system.client.get(run)).toMatchObject({
      status: 'running',
      attempt: 2,
      error: { type: 'WorkerLost', attempt: 1, workerId: 'crashed' },
    });
    last().done('ok');
    await executing;
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', workerId: 'heir' });
  });

  it('on the last attempt fails the run, by discovery', async () => {
    const { task } = held({ lease: '30s' });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null, { maxAttempts: 1 });
    await crash(system);
    await system.clock.advance(36_000);
    expect(await system.discover()).toMatchObject({ tended: 1, sent: 0 });
    expect(await system.client.get(run)).toMatchObject({ status: 'failed', error: { type: 'WorkerLost' } });
  });

  it('on the last attempt fails the run, by whoever gets its message', async () => {
    const { task } = held({ lease: '30s' });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null, { maxAttempts: 1 });
    const message = await crash(system);
    await system.clock.advance(36_000);
    const verdict = await system.executor('heir').execute(system.delivery(message));
    expect(verdict).toEqual({ verdict: 'acknowledge', because: 'AttemptsExhausted' });
    expect(await system.client.get(run)).toMatchObject({ status: 'failed' });
  });

  /** Claims as a worker would that dies at once, and never renews. */
  async function crash(system: VirtualSystem) {
    const message = system.takeMessage();
    const { acquire } = await import('../../../lib/worker/acquire.ts');
    await acquire(system.ports('crashed'), () => ({
      key: message,
      node: message.node,
      hash: message.hash,
      nonce: 'gone' as never,
      worker: 'crashed',
      leaseUntil: system.clock.now() + 30_000,
    }));
    return message;
  }
});

describe('the end of an attempt', () => {
  it('a timeout ends it in mid-run, with the limit in its message, and spends an attempt', async () => {
    const { task, last } = held({ timeout: '40s' });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null, { maxAttempts: 1 });
    const executing = system.executeNext();
    await system.clock.advance(1_000);
    expect(last().ctx.remainingMs()).toBe(39_000);
    await system.clock.advance(39_000);
    expect(last().ctx.signal.reason).toMatchObject({ code: 'TimedOut' });
    await system.clock.advance(1_000);
    await executing;
    expect(await system.client.get(run)).toMatchObject({
      status: 'failed',
      error: { type: 'TimedOut', code: 'TimedOut', message: expect.stringContaining('40000 ms') },
    });
  });

  it("a timeout given with the submission wins over the task's", async () => {
    const { task, last } = held({ timeout: '40s', heedsSignal: true });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null, { maxAttempts: 1, timeout: '5s' });
    const executing = system.executeNext();
    await system.clock.advance(5_000);
    expect(last().ctx.signal.aborted).toBe(true);
    await executing;
    expect(await system.client.get(run)).toMatchObject({ status: 'failed', error: { type: 'TimedOut' } });
  });

  it('near the end of the invocation the next checkpoint hands the task back, and it goes on from there', async () => {
    const pages: number[] = [];
    const task = defineTask({
      name: 'paged',
      input: z.null(),
      run: async (_, ctx) => {
        let page = (ctx.checkpointed as number | undefined) ?? 0;
        for (; page < 10; page += 1) {
          pages.push(page);
          await new Promise<void>((resolve) => void system.clock.after(10_000, resolve));
          await ctx.checkpoint(page + 1);
        }
        return page;
      },
    });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    for (let invocation = 0; invocation < 3; invocation += 1) {
      const endsAt = system.clock.now() + 50_000;
      const executing = system.executeNext(system.executor(`lambda-${invocation}`), {
        endsAt,
        marginMs: 10_000,
      });
      await system.clock.advance(50_000);
      await executing;
    }
    expect(pages).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', output: 10, attempt: 1 });
  });

  it('a task without checkpoints is aborted before the invocation ends, and spends its attempt', async () => {
    const { task } = held({ heedsSignal: true });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null, { maxAttempts: 1 });
    const endsAt = system.clock.now() + 50_000;
    const executing = system.executeNext(undefined, { endsAt, marginMs: 10_000 });
    await system.clock.advance(46_000);
    await executing;
    expect(await system.client.get(run)).toMatchObject({ status: 'failed', error: { type: 'DeadlineNear' } });
  });

  it('one that goes on regardless loses its lease with the invocation, and the log does not blame the store', async () => {
    const { task } = held();
    const system = new VirtualSystem({ task });
    await system.client.submit(task, null, { maxAttempts: 1 });
    const endsAt = system.clock.now() + 50_000;
    void system.executeNext(undefined, { endsAt, marginMs: 300 });
    await system.clock.advance(51_000);
    expect(system.logged('lease ran out: the invocation ends')).toHaveLength(1);
    expect(system.logged('the store was unreachable')).toEqual([]);
  });

  it('a message that comes too late in an invocation goes back at once', async () => {
    const { task } = held();
    const system = new VirtualSystem({ task });
    await system.client.submit(task, null);
    const endsAt = system.clock.now() + 5_000;
    const verdict = await system.executeNext(undefined, { endsAt, marginMs: 10_000 });
    expect(verdict).toEqual({ verdict: 'defer', visibility: 0, because: 'DeadlineNear' });
  });

  it('a lease never outlives its invocation', async () => {
    const { task, last } = held();
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    const endsAt = system.clock.now() + 50_000;
    const executing = system.executeNext(undefined, { endsAt, marginMs: 10_000 });
    await system.clock.advance(30_000);
    expect(await system.node(run.id)).toMatchObject({ lease: { until: endsAt } });
    last().done('ok');
    await executing;
  });

  it('a shutdown hands the task back with its checkpoint, at no attempt', async () => {
    const { task, last } = held({ heedsSignal: true });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    const executor = system.executor();
    const executing = system.executeNext(executor);
    await system.clock.advance(0);
    await last().ctx.checkpoint({ page: 'x'.repeat(2_000) });
    executor.shutDown();
    expect(last().ctx.signal.reason).toMatchObject({ code: 'ShuttingDown' });
    expect(await executing).toMatchObject({ because: 'yielded' });
    expect(await system.client.get(run)).toMatchObject({ status: 'ready', attempt: 0 });
    const resumed = system.executeNext(system.executor('next'));
    await system.clock.advance(0);
    expect(last().ctx.checkpointed).toEqual({ page: 'x'.repeat(2_000) });
    last().done('ok');
    await resumed;
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', attempt: 1 });
  });
});

describe('cancel', () => {
  it('of a run that waits ends it at once; its message finds nothing to do', async () => {
    const { task, starts } = held();
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    const cancelled = await system.client.cancel(run, { reason: 'changed my mind', by: 'ann' });
    expect(cancelled).toMatchObject({
      status: 'cancelled',
      cancel: { reason: 'changed my mind', by: 'ann' },
    });
    expect(await system.executeNext()).toMatchObject({ because: 'Finished' });
    expect(starts).toHaveLength(0);
    await expect(system.client.cancel(run)).rejects.toMatchObject({ code: 'AlreadyCancelled' });
    await expect(system.client.result(run)).rejects.toMatchObject({ code: 'RunCancelled' });
  });

  it('graceful: the attempt finishes, the run is cancelled, the handler never knew', async () => {
    const { task, last } = held({ lease: '30s' });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    const executing = system.executeNext();
    await system.clock.advance(0);
    expect(await system.client.cancel(run)).toMatchObject({
      status: 'running',
      cancel: { mode: 'graceful' },
    });
    await system.clock.advance(15_000);
    expect(last().ctx.signal.aborted).toBe(false);
    last().done('ok');
    await executing;
    expect(await system.client.get(run)).toMatchObject({ status: 'cancelled' });
  });

  it('abort: reaches the handler within one renewal', async () => {
    const { task, last } = held({ lease: '30s', heedsSignal: true });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    const executing = system.executeNext();
    await system.clock.advance(0);
    await system.client.cancel(run, { mode: 'abort', reason: 'stop' });
    await system.clock.advance(10_000);
    expect(last().ctx.signal.reason).toMatchObject({
      code: 'Cancelled',
      message: expect.stringContaining('stop'),
    });
    expect(await executing).toMatchObject({ because: 'cancelled' });
    expect(await system.client.get(run)).toMatchObject({ status: 'cancelled' });
  });

  it('a commit that a cancel overtook is decided again', async () => {
    const { task, last } = held();
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    const executing = system.executeNext();
    await system.clock.advance(0);
    await system.client.cancel(run);
    last().done('ok');
    expect(await executing).toMatchObject({ because: 'succeeded' });
    expect(await system.client.get(run)).toMatchObject({ status: 'cancelled', attempt: 1 });
  });

  it('a failure under cancel is not retried', async () => {
    const { task, last } = held({ lease: '30s' });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    const executing = system.executeNext();
    await system.clock.advance(0);
    await system.client.cancel(run);
    await system.clock.advance(10_000);
    last().fail(new Error('boom'));
    await executing;
    expect(await system.client.get(run)).toMatchObject({ status: 'cancelled', error: { message: 'boom' } });
  });

  it('of a run whose worker crashed is finished by discovery once the lease is over', async () => {
    const { task } = held({ lease: '30s' });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    void system.executeNext();
    await system.clock.advance(0);
    await system.client.cancel(run);
    system.clock.freeze(1);
    expect(await system.discover()).toMatchObject({ tended: 1 });
    expect(await system.client.get(run)).toMatchObject({ status: 'running' });
    system.clock.freeze(36_000);
    expect(await system.discover()).toMatchObject({ tended: 1 });
    expect(await system.client.get(run)).toMatchObject({ status: 'cancelled' });
  });

  it('of a finished run is refused', async () => {
    const { task, last } = held();
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    const executing = system.executeNext();
    await system.clock.advance(0);
    last().done('ok');
    await executing;
    await expect(system.client.cancel(run)).rejects.toMatchObject({ code: 'AlreadyFinished' });
  });
});

describe('the context', () => {
  it('is what the handler is given and what is found below it, and nothing outside', async () => {
    let below: Context | undefined;
    const task = defineTask({
      name: 'deep',
      input: z.null(),
      run: async (_, ctx) => {
        await Promise.resolve();
        below = currentContext();
        return below === ctx;
      },
    });
    const system = new VirtualSystem({ task });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const run = await system.client.submit(task, null, { traceparent, tenant: 'acme' });
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ output: true, tenant: 'acme' });
    expect(below).toMatchObject({
      runId: run.id,
      taskId: 'task',
      task: 'deep',
      attempt: 1,
      fencingToken: 1,
      idempotencyKey: `acme/${run.id}/task`,
      tenant: 'acme',
      workerId: 'worker-1',
      traceparent,
    });
    expect(currentContext()).toBeUndefined();
  });
});
