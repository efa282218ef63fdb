import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  CancellationError,
  CapturedVariable,
  cancelAll,
  closePool,
  configurePool,
  getPool,
  moduleExport,
  spawn,
  spawnAll,
  ThreadEnded,
  TimeoutError,
} from '../../lib/threads/index.ts';
import type { add, triple, whereabouts } from './fixtures/work.ts';

const module = new URL('./fixtures/work.ts', import.meta.url);
const forever = () => {
  for (;;);
};
const idle = () => new Promise<never>(() => {});

beforeAll(() => configurePool({ maxWorkers: 2 }));
afterAll(closePool);

describe('spawn', () => {
  it('runs a function on a thread and gives its result', async () => {
    const sum = spawn((a: number, b: number) => a + b, [1, 2]);
    expectTypeOf(sum).resolves.toEqualTypeOf<number>();
    expect(await sum).toBe(3);
    expect(await spawn(moduleExport<typeof whereabouts>(module, 'whereabouts'), [])).toMatchObject({
      isMainThread: false,
    });
  });

  it.each([
    ['undefined', () => undefined, undefined],
    ['null', () => null, null],
    ['a tuple', () => [1, 'a', true], [1, 'a', true]],
    ['a map', () => new Map([[1, new Set(['x'])]]), new Map([[1, new Set(['x'])]])],
    ['a date', () => new Date(0), new Date(0)],
    ['bytes', () => new Uint8Array([1, 2]), new Uint8Array([1, 2])],
    ['a bigint', () => 2n ** 70n, 2n ** 70n],
  ])('gives %s', async (_what, work, expected) => {
    expect(await spawn(work as () => unknown, [])).toEqual(expected);
  });

  it('runs async functions, methods and functions of modules', async () => {
    expect(await spawn(async (n: number) => n + 1, [1])).toBe(2);
    const methods = {
      twice(n: number) {
        return n * 2;
      },
    };
    expect(await spawn(methods.twice, [4])).toBe(8);
    expect(await spawn(moduleExport<typeof add>(module, 'add'), [1, 2])).toBe(3);
    expect(await spawn(moduleExport<typeof triple>(module.href, 'triple'), [2])).toBe(6);
  });

  it('says what a module does not export, and what is no work', async () => {
    await expect(spawn(moduleExport(module, 'notCode'), [])).rejects.toThrow(
      'exports no function named notCode',
    );
    await expect(spawn(moduleExport(module, 'constructor'), [])).rejects.toThrow('exports no function');
    expect(() => spawn('text' as never, [] as never)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument' }),
    );
  });

  it.each([
    ['max', Math.max],
    ['bound one', function one() {}.bind(null)],
  ])('refuses what has no text: %s', (name, work) => {
    expect(() => spawn(work, [])).toThrow(
      expect.objectContaining({
        code: 'InvalidArgument',
        field: 'work',
        message: `${name} has no text: it is built in, or bound`,
      }),
    );
  });

  it('names the variable that a function captured', async () => {
    const rate = Math.random();
    const captured = spawn((n: number) => n * rate, [1], { name: 'pricing' });
    await expect(captured).rejects.toBeInstanceOf(CapturedVariable);
    await expect(captured).rejects.toMatchObject({
      variable: 'rate',
      message: expect.stringContaining('pricing uses rate from outside'),
    });
  });

  it('refuses what cannot be cloned, in and out', async () => {
    await expect(spawn((f: unknown) => f, [() => 1])).rejects.toThrow(/could not be cloned/);
    await expect(spawn(() => () => 1, [])).rejects.toThrow(/could not be cloned/);
    expect(await spawn(() => 'still there', [])).toBe('still there');
  });

  it('refuses what cannot be cloned while no thread is there yet, and behind others', async () => {
    await closePool();
    configurePool({ maxWorkers: 1 });
    const cold = spawn((f: unknown) => f, [Symbol('cold')]);
    const queued = spawn((f: unknown) => f, [{ deep: [() => 1] }], { timeout: '1h' });
    const fine = spawn((n: number) => n, [7]);
    await expect(cold).rejects.toMatchObject({ name: 'DataCloneError' });
    await expect(queued).rejects.toMatchObject({ name: 'DataCloneError' });
    expect(await fine).toBe(7);
    expect(getPool()).toMatchObject({ active: 0, threads: 1 });
    await closePool();
    configurePool({ maxWorkers: 2 });
  });

  it('clones arguments once', async () => {
    let reads = 0;
    const counted = {
      get value() {
        reads += 1;
        return reads;
      },
    };
    expect(await spawn((given: { value: number }) => given.value, [counted])).toBe(1);
    expect(reads).toBe(1);
  });
});

describe('errors', () => {
  it('keep type, message, cause and stack', async () => {
    const failing = spawn(() => {
      class PaymentRefused extends Error {
        readonly code = 'REFUSED';
      }
      throw new PaymentRefused('no money', { cause: new RangeError('-1') });
    }, []);
    const error = await failing.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'PaymentRefused', message: 'no money', code: 'REFUSED' });
    expect((error as Error).cause).toBeInstanceOf(RangeError);
    expect((error as Error).stack).toContain('no money');
    await expect(spawn(() => (null as never as { x: 1 }).x, [])).rejects.toBeInstanceOf(TypeError);
  });

  it('are whatever was thrown', async () => {
    const throwing = (value: unknown) => {
      throw value;
    };
    await expect(spawn(throwing, ['text'])).rejects.toBe('text');
    await expect(spawn(throwing, [undefined])).rejects.toBe(undefined);
    await expect(spawn(throwing, [{ a: 1 }])).rejects.toEqual({ a: 1 });
  });

  it('that cannot be described are said to be so', async () => {
    const throwing = () => {
      throw Object.assign(() => 1, {
        toString() {
          throw new RangeError('no text');
        },
      });
    };
    await expect(spawn(throwing, [])).rejects.toBe('something was thrown that cannot be described');
  });

  it('that are left to nobody are those of their call, as they were', async () => {
    const leaving = async (value: unknown, isInTimer: boolean) => {
      const thrown = value === 'range' ? new RangeError('left', { cause: 'a cause' }) : value;
      if (isInTimer) {
        setTimeout(() => {
          throw thrown;
        });
      } else void Promise.reject(thrown);
      await new Promise(() => setInterval(() => {}, 1_000));
    };
    for (const isInTimer of [false, true]) {
      const error = await spawn(leaving, ['range', isInTimer]).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ message: 'left', cause: 'a cause' });
      for (const value of ['text', undefined, null, { a: 1 }])
        await expect(spawn(leaving, [value, isInTimer])).rejects.toEqual(value);
    }
    expect(await spawn(() => 'next', [])).toBe('next');
  });

  it('that an earlier call left to nobody do not meet a later one', async () => {
    await closePool();
    configurePool({ maxWorkers: 1 });
    const flags = new Int32Array(new SharedArrayBuffer(8));
    await spawn(
      (shared: Int32Array) => {
        const waiting = setInterval(() => {
          if (Atomics.load(shared, 0) !== 1) return;
          clearInterval(waiting);
          setImmediate(() => Atomics.store(shared, 1, 1));
          throw new RangeError('of another');
        }, 1);
      },
      [flags],
    );
    const later = spawn(
      async (shared: Int32Array) => {
        Atomics.store(shared, 0, 1);
        while (Atomics.load(shared, 1) !== 1) await new Promise((resolve) => setImmediate(resolve));
        return 'fine';
      },
      [flags],
    );
    expect(await later).toBe('fine');
    await closePool();
    configurePool({ maxWorkers: 2 });
  });

  it('of a thread that ended itself are clear, and the pool goes on', async () => {
    await expect(spawn(() => process.exit(3), [], { name: 'leaving' })).rejects.toMatchObject({
      name: 'ThreadEnded',
      message: 'leaving ended its thread: exit code 3',
    });
    expect(await spawn(() => 1, [])).toBe(1);
    expect(new ThreadEnded('x', 'y', 1)).toMatchObject({ code: 'ThreadEnded' });
  });

  it('of a thread that ended itself do not keep back what waited for it', async () => {
    await closePool();
    configurePool({ maxWorkers: 1 });
    const leaving = spawn(() => process.exit(3), []);
    const waiting = [spawn(() => 'first', []), spawn(() => 'second', [])];
    await expect(leaving).rejects.toBeInstanceOf(ThreadEnded);
    expect(await Promise.all(waiting)).toEqual(['first', 'second']);
    await closePool();
    configurePool({ maxWorkers: 2 });
  });

  it('of a thread that ends itself after its work do not meet the next', async () => {
    await closePool();
    configurePool({ maxWorkers: 1 });
    await spawn(() => {
      setImmediate(() => process.exit(3));
    }, []);
    await expect.poll(() => getPool().threads, { timeout: 20_000 }).toBe(0);
    expect(await spawn(() => 'next', [])).toBe('next');
    await closePool();
    configurePool({ maxWorkers: 2 });
  });
});

describe('a timeout', () => {
  it('ends a busy loop, with the limit in the message', async () => {
    const busy = spawn(forever, [], { timeout: '60ms', name: 'busy' });
    await expect(busy).rejects.toBeInstanceOf(TimeoutError);
    await expect(busy).rejects.toThrow('busy exceeded its timeout of 60 ms');
  });

  it('of zero never begins', async () => {
    await expect(spawn(() => 1, [], { timeout: '0ms' })).rejects.toMatchObject({ limitMs: 0 });
  });

  it('is each its own, and none is none', async () => {
    const settled = await Promise.allSettled([
      spawn(idle, [], { timeout: '30ms' }),
      spawn((n: number) => n, [2], { timeout: '1h' }),
      spawn((n: number) => n, [3]),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });

  it('does not count the wait for a thread', async () => {
    const blockers = [spawn(idle, []), spawn(idle, [])];
    const waiting = spawn(() => 'ran', [], { timeout: '10s' });
    for (const blocker of blockers) {
      blocker.cancel();
      await blocker.catch(() => {});
    }
    expect(await waiting).toBe('ran');
  });

  it('is a duration', () => {
    expect(() => spawn(idle, [], { timeout: '1 day' as never })).toThrow(
      expect.objectContaining({ code: 'InvalidDuration' }),
    );
  });
});

describe('a cancel', () => {
  it('really stops a busy loop', async () => {
    const shared = new Int32Array(new SharedArrayBuffer(4));
    const counting = spawn(
      (counter: Int32Array) => {
        for (;;) Atomics.add(counter, 0, 1);
      },
      [shared],
    );
    while (Atomics.load(shared, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(counting.cancel('enough')).toBe(true);
    await expect(counting).rejects.toThrow(CancellationError);
    await expect(counting).rejects.toThrow('was cancelled: enough');
    // Whoever needs both threads now has them: the loop is gone.
    expect(
      await spawnAll([
        [() => 1, []],
        [() => 2, []],
      ]),
    ).toEqual([1, 2]);
    let last = -1;
    while (last !== Atomics.load(shared, 0)) {
      last = Atomics.load(shared, 0);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(getPool().active).toBe(0);
  });

  it('before its start keeps it from starting', async () => {
    const shared = new Int32Array(new SharedArrayBuffer(4));
    const blockers = [spawn(idle, []), spawn(idle, [])];
    const waiting = spawn((flag: Int32Array) => Atomics.store(flag, 0, 1), [shared]);
    expect(waiting.cancel()).toBe(true);
    await expect(waiting).rejects.toBeInstanceOf(CancellationError);
    for (const blocker of blockers) blocker.cancel();
    await Promise.allSettled(blockers);
    expect(await spawn(() => 'next', [])).toBe('next');
    expect(Atomics.load(shared, 0)).toBe(0);
  });

  it('of one leaves the others alone', async () => {
    const [one, other] = [spawn(idle, []), spawn((n: number) => n, [5])];
    one.cancel();
    await expect(one).rejects.toBeInstanceOf(CancellationError);
    expect(await other).toBe(5);
  });

  it('of all says how many, and of what has ended is nothing', async () => {
    const ended = spawn(() => 1, []);
    await ended;
    const open = [spawn(idle, []), spawn(idle, []), spawn(idle, [])];
    expect(cancelAll('over')).toBe(3);
    for (const each of open) await expect(each).rejects.toThrow('over');
    expect(ended.cancel()).toBe(false);
    expect(cancelAll()).toBe(0);
  });

  it('comes by a signal, also by one that has fired already', async () => {
    const controller = new AbortController();
    const working = spawn(idle, [], { signal: controller.signal });
    controller.abort(new Error('no longer wanted'));
    await expect(working).rejects.toThrow('was cancelled: no longer wanted');
    await expect(spawn(() => 1, [], { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(
      CancellationError,
    );
  });
});

describe('spawnAll', () => {
  const same = (n: number) => n;

  it('gives the results in order', async () => {
    expect(await spawnAll([])).toEqual([]);
    expect(await spawnAll([[same, [1]]])).toEqual([1]);
    const mixed = spawnAll([
      [same, [1]],
      [(text: string) => text.toUpperCase(), ['a']],
      [moduleExport<typeof add>(module, 'add'), [1, 2]],
    ]);
    expectTypeOf(mixed).resolves.toEqualTypeOf<[number, string, number]>();
    expect(await mixed).toEqual([1, 'A', 3]);
    const many = Array.from({ length: 50 }, (_, n) => [same, [n]] as [typeof same, [number]]);
    expect(await spawnAll(many)).toEqual(many.map(([, [n]]) => n));
  });

  it('fails fast and cancels the rest', async () => {
    const failing = () => {
      throw new Error('first');
    };
    await expect(
      spawnAll([
        [idle, []],
        [failing, []],
      ]),
    ).rejects.toThrow('first');
    expect(cancelAll()).toBe(0);
  });

  it('leaves nothing behind where one of them cannot be begun', async () => {
    expect(() =>
      spawnAll([
        [forever, []],
        [Math.max, []],
      ]),
    ).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
    await expect.poll(() => getPool().active).toBe(0);
  });

  it('is cancelled as one', async () => {
    const all = spawnAll([
      [idle, []],
      [idle, []],
    ]);
    expect(all.cancel('enough')).toBe(true);
    await expect(all).rejects.toBeInstanceOf(CancellationError);
    expect(all.cancel()).toBe(false);
  });
});
