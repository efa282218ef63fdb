import { type Context, defineTask } from 'holdfast';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HoldfastError } from '../../../lib/model/errors.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import { Executor } from '../../../lib/worker/executor.ts';
import { Statistics } from '../../../lib/worker/statistics.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

const unreachable = async () => {
  throw new HoldfastError('StoreUnreachable', 'no answer');
};

describe('a lease', () => {
  function working(ms: number, before: (ctx: Context) => Promise<void> = async () => {}) {
    const reasons: unknown[] = [];
    const task = defineTask({
      name: 'working',
      input: z.null(),
      lease: '10s',
      run: async (_, ctx) => {
        ctx.signal.addEventListener('abort', () => reasons.push(ctx.signal.reason));
        await before(ctx);
        await new Promise<void>((resolve) => void system.clock.after(ms, resolve));
        return 'done';
      },
    });
    const system: VirtualSystem = new VirtualSystem({ task });
    return { system, task, reasons };
  }

  it('is not lost to a queue that does not answer', async () => {
    const { system, task, reasons } = working(40_000);
    system.queue.extend = () =>
      new Promise((resolve) => void system.clock.after(30_000, () => resolve(false)));
    await system.client.submit(task, null);
    const executing = system.executeNext();
    await system.clock.advance(80_000);
    expect(await executing).toMatchObject({ because: 'succeeded' });
    expect(reasons).toEqual([]);
  });

  it('is not lost to a checkpoint that cannot be stored', async () => {
    const { system, task, reasons } = working(25_000, (ctx) => ctx.checkpoint('x'.repeat(5_000)));
    system.payloads.put = unreachable;
    await system.client.submit(task, null);
    const executing = system.executeNext();
    await system.clock.advance(25_000);
    expect(await executing).toMatchObject({ because: 'succeeded' });
    expect(reasons).toEqual([]);
    expect(system.logged('checkpoint not stored').length).toBeGreaterThan(2);
  });
});

describe('what an attempt leaves behind', () => {
  it('a checkpoint made before a throw is there in the next attempt', async () => {
    const seen: unknown[] = [];
    const task = defineTask({
      name: 'resuming',
      input: z.null(),
      run: async (_, ctx) => {
        seen.push(ctx.checkpointed);
        if (ctx.attempt > 1) return 'done';
        await ctx.checkpoint({ page: 7, text: 'x'.repeat(2_000) });
        throw new Error('again');
      },
    });
    const system = new VirtualSystem({ task });
    await system.client.submit(task, null);
    await system.drive();
    expect(seen).toEqual([undefined, { page: 7, text: 'x'.repeat(2_000) }]);
  });

  it('a large result is tried again while the store is away', async () => {
    const task = defineTask({ name: 'large', input: z.null(), run: () => 'x'.repeat(5_000) });
    const system = new VirtualSystem({ task });
    const put = system.payloads.put.bind(system.payloads);
    system.payloads.put = unreachable;
    await system.client.submit(task, null);
    const executing = system.executeNext();
    await system.clock.advance(2_000);
    system.payloads.put = put;
    await system.clock.advance(1_000);
    expect(await executing).toMatchObject({ because: 'succeeded' });
  });

  it.each([false, true])(
    'a zombie whose run was ended for it did not succeed (cancelled: %s)',
    async (cancelled) => {
      const release = Promise.withResolvers<string>();
      const task = defineTask({
        name: 'zombie',
        input: z.null(),
        lease: '10s',
        retry: { maxAttempts: 1 },
        run: () => release.promise,
      });
      const system = new VirtualSystem({ task });
      const run = await system.client.submit(task, null);
      const frozen: Clock = { now: () => system.clock.now(), after: () => ({ cancel() {} }) };
      const statistics = new Statistics();
      const zombie = new Executor({ ...system.ports('zombie'), clock: frozen }, statistics);
      const executing = zombie.execute(system.delivery(system.takeMessage()));
      await system.clock.advance(1_000);
      if (cancelled) await system.client.cancel(run);
      await system.clock.advance(20_000);
      await system.discover();
      expect(await system.client.get(run)).toMatchObject({ status: cancelled ? 'cancelled' : 'failed' });
      release.resolve('late');
      expect(await executing).toMatchObject({ because: 'lost' });
      expect(statistics).toMatchObject({ succeeded: 0, lost: 1 });
    },
  );
});

describe('the input', () => {
  const first = defineTask({
    name: 'first',
    input: z.union([z.string(), z.looseObject({})]),
    run: (input) => (typeof input === 'string' ? input[0] : 'object'),
  });

  it('of a run is not touched by a conflicting submission', async () => {
    const system = new VirtualSystem({ first });
    const idempotencyKey = 'k';
    const run = await system.client.submit(first, 'A'.repeat(5_000), { idempotencyKey });
    const other = system.client.submit(first, 'B'.repeat(5_000), { idempotencyKey });
    await expect(other).rejects.toMatchObject({ code: 'IdempotencyConflict' });
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ input: 'A'.repeat(5_000), output: 'A' });
  });

  it('with its keys in another order is the same request', async () => {
    const system = new VirtualSystem({ first });
    const idempotencyKey = 'k';
    await system.client.submit(first, { x: 1, y: { a: 1, b: 2 } }, { idempotencyKey });
    const again = await system.client.submit(first, { y: { b: 2, a: 1 }, x: 1 }, { idempotencyKey });
    expect(again.created).toBe(false);
  });

  it('of a cached task may become what JSON cannot carry', async () => {
    const task = defineTask({
      name: 'dated',
      input: z.object({ day: z.string().transform((text) => new Date(text)) }),
      cache: { ttl: '1h' },
      run: ({ day }) => day.getTime(),
    });
    const system = new VirtualSystem({ task });
    const outputs: unknown[] = [];
    for (const day of ['2020-01-01', '2020-01-01', '2020-01-02']) {
      const run = await system.client.submit(task, { day });
      await system.drive();
      const ended = await system.client.wait(run);
      outputs.push([ended.status === 'succeeded' && ended.output, 'cached' in ended]);
    }
    expect(outputs).toEqual([
      [1_577_836_800_000, false],
      [1_577_836_800_000, true],
      [1_577_923_200_000, false],
    ]);
  });
});

describe('odd throws', () => {
  const broken = new Error('x');
  Object.defineProperty(broken, 'code', {
    get() {
      throw new Error('boo');
    },
  });
  const odd: [string, unknown, string, string][] = [
    [
      'a message cut through an emoji',
      new Error(`${'x'.repeat(1_022)}\u{1F600} more`),
      'Error',
      `${'x'.repeat(1_022)}\ufffd…`,
    ],
    ['half of a surrogate pair', new Error('\ud800'), 'Error', '\ufffd'],
    ['a name that is an object', Object.assign(new Error('x'), { name: { a: 1 } }), 'Error', 'x'],
    ['a message without text', Object.assign(new Error('x'), { message: Object.create(null) }), 'Error', ''],
    ['a code that throws', broken, 'Error', 'x'],
    [
      'no constructor',
      Object.setPrototypeOf(
        new Error('x'),
        Object.create(Error.prototype, { constructor: { value: undefined } }),
      ),
      'Error',
      'x',
    ],
    [
      'a proxy that throws',
      new Proxy({}, { getPrototypeOf: () => broken.message as never }),
      'NonError',
      'something was thrown that cannot be described',
    ],
    ['a cycle', Object.assign(Object.create(null), { toString: undefined }), 'NonError', '{}'],
  ];
  it.each(odd)('%s is a failure with its cause', async (_what, thrown, type, message) => {
    const task = defineTask({
      name: 'odd',
      input: z.null(),
      retry: { maxAttempts: 1 },
      run: () => {
        throw thrown;
      },
    });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ status: 'failed', error: { type, message } });
  });
});
