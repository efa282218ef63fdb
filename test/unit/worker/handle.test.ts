import { expect, test } from 'vitest';
import { WorkerHandle } from '../../../lib/worker/handle.ts';

function begin() {
  const { promise: ended, reject, resolve } = Promise.withResolvers<void>();
  ended.catch(() => {});
  const running = {
    id: 'w',
    ready: Promise.resolve(),
    ended,
    stop: new AbortController(),
    abort: new AbortController(),
    handles: 0,
    isDeathKnown: false,
  };
  return { handle: new WorkerHandle(running), running, die: reject, end: resolve };
}

const isPending = async (promise: Promise<unknown>) => {
  const pending = Symbol();
  return (
    (await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, pending))])) === pending
  );
};

test('shutdown is heard before it returns, and once only', () => {
  const { handle, running } = begin();
  let heard = 0;
  running.stop.signal.addEventListener('abort', () => {
    heard += 1;
  });
  expect(handle.shutdown()).toBeUndefined();
  expect(heard).toBe(1);
  handle.shutdown();
  handle.clone().shutdown();
  expect(heard).toBe(1);
  expect(running.abort.signal.aborted).toBe(false);
});

test('abort stops and aborts', () => {
  const { handle, running } = begin();
  handle.abort();
  expect([running.stop.signal.aborted, running.abort.signal.aborted]).toEqual([true, true]);
});

test('join waits for the end', async () => {
  const { end, handle } = begin();
  const joined = handle.join();
  handle.shutdown();
  expect(await isPending(joined)).toBe(true);
  end();
  await joined;
  await handle.join();
});

test('the first caller hears what it died of, whichever handle it has; the others only that it ended', async () => {
  const { die, handle } = begin();
  const clone = handle.clone();
  const [first, second, third] = [clone.join(), handle.join(), clone.join()];
  die(new RangeError('dead'));
  await expect(first).rejects.toThrow('dead');
  await Promise.all([second, third, handle.join()]);
});

test('the last handle disposed shuts the worker down and waits for its end', async () => {
  const { end, handle, running } = begin();
  const clones = [handle.clone(), handle.clone()];
  await handle[Symbol.asyncDispose]();
  await handle[Symbol.asyncDispose]();
  await clones[0]?.[Symbol.asyncDispose]();
  expect(running.stop.signal.aborted).toBe(false);
  const disposed = clones[1]?.[Symbol.asyncDispose]() ?? Promise.resolve();
  expect(running.stop.signal.aborted).toBe(true);
  expect(await isPending(disposed)).toBe(true);
  end();
  await disposed;
});

test('a clone of a clone counts, too, and outlives what it was made of', async () => {
  const { end, handle, running } = begin();
  const clone = handle.clone();
  await handle[Symbol.asyncDispose]();
  const last = clone.clone();
  await clone[Symbol.asyncDispose]();
  expect(running.stop.signal.aborted).toBe(false);
  end();
  await last[Symbol.asyncDispose]();
  expect(running.stop.signal.aborted).toBe(true);
});

test('a disposed handle cannot be cloned, but still be joined', async () => {
  const { end, handle } = begin();
  end();
  await handle[Symbol.asyncDispose]();
  expect(() => handle.clone()).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  await handle.join();
});

test('a death that nobody has joined is not lost with `await using`; one that somebody has is not told again', async () => {
  const dead = new RangeError('dead');
  const unjoined = begin();
  unjoined.die(dead);
  const use = async () => {
    await using _ = unjoined.handle;
  };
  await expect(use()).rejects.toBe(dead);
  const joined = begin();
  joined.die(dead);
  await expect(joined.handle.join()).rejects.toBe(dead);
  await joined.handle[Symbol.asyncDispose]();
});
