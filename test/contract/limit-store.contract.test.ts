import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type NodeId, noTenant, runId } from '../../lib/model/ids.ts';
import type { Slots } from '../../lib/model/limit.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';

const start = 1_900_000_000_000;
const later = start + 86_400_000;

describe.each(storeSubjects())('LimitStore: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  const fresh = (key = '') => ({ name: `limit-${randomUUID()}`, key });
  const one: Slots = { rev: 1, holders: { a: start } };

  test('slots are read as they were written', async () => {
    const limit = fresh();
    expect(await stores.limits.read(limit)).toBeUndefined();
    expect(await stores.limits.write(limit, { ...one, evenAt: start + 0.25 }, later)).toBe(true);
    expect(await stores.limits.read(limit)).toEqual({ ...one, evenAt: start + 0.25 });
    const all: Slots = { rev: 2, holders: {}, awaited: true, evenAt: 1.5, rate: { count: 7, perMs: 60_000 } };
    expect(await stores.limits.write(limit, all, later)).toBe(true);
    expect(await stores.limits.read(limit)).toEqual(all);
    expect(await stores.limits.release(limit, 'a')).toEqual({ ...all, rev: 3 });
  });

  test('each key of a limit has its own, whatever its text is', async () => {
    const { name } = fresh();
    const keys = ['', 'a', 'a#b', '#', '__proto__', 'ключ', 'x'.repeat(256)];
    for (const [n, key] of keys.entries())
      expect(await stores.limits.write({ name, key }, { rev: 1, holders: { [`h${n}`]: start } }, later)).toBe(
        true,
      );
    for (const [n, key] of keys.entries())
      expect(await stores.limits.read({ name, key })).toEqual({ rev: 1, holders: { [`h${n}`]: start } });
  });

  test('of many who write on what they read, one does', async () => {
    const limit = fresh();
    for (const rev of [1, 2, 3]) {
      const holders = Array.from({ length: 10 }, (_, n) => ({ [`h${n}`]: start }));
      const written = await Promise.all(
        holders.map((each) => stores.limits.write(limit, { rev, holders: each }, later)),
      );
      expect(written.filter(Boolean)).toHaveLength(1);
      expect(await stores.limits.read(limit)).toEqual({ rev, holders: holders[written.indexOf(true)] });
    }
    expect(await stores.limits.write(limit, { rev: 3, holders: {} }, later)).toBe(false);
    expect(await stores.limits.write(limit, { rev: 5, holders: {} }, later)).toBe(false);
  });

  test('a holder renews; whoever read the slots before cannot write them', async () => {
    const limit = fresh();
    await stores.limits.write(limit, one, later);
    expect(await stores.limits.renew(limit, 'a', start + 9)).toBe(true);
    expect(await stores.limits.write(limit, { rev: 2, holders: { b: start } }, later)).toBe(false);
    expect(await stores.limits.read(limit)).toEqual({ rev: 2, holders: { a: start + 9 } });
  });

  test('one that holds nothing renews nothing', async () => {
    const limit = fresh();
    expect(await stores.limits.renew(limit, 'a', start)).toBe(false);
    await stores.limits.write(limit, one, later);
    expect(await stores.limits.renew(limit, 'b', start)).toBe(false);
    expect(await stores.limits.renew(limit, 'constructor', start)).toBe(false);
    expect(await stores.limits.read(limit)).toEqual(one);
  });

  test('what is released is free, once or twice', async () => {
    const limit = fresh();
    await stores.limits.write(limit, { rev: 1, holders: { a: start, b: start } }, later);
    expect(await stores.limits.release(limit, 'a')).toEqual({ rev: 2, holders: { b: start } });
    expect(await stores.limits.release(limit, 'a')).toEqual({ rev: 3, holders: { b: start } });
    expect(await stores.limits.read(limit)).toEqual({ rev: 3, holders: { b: start } });
    expect(await stores.limits.release(fresh(), 'a')).toBeUndefined();
  });

  test('those that wait come in the order of their times, some at a time', async () => {
    const limit = fresh('k');
    const waiter = (n: number) => ({
      tenant: noTenant,
      run: runId(`run-${n}`),
      node: 'a/b' as NodeId,
      since: start + (n % 4) * 1_000_000,
    });
    const all = [3, 1, 2, 0].map(waiter);
    for (const each of all) await stores.limits.wait(limit, each, later);
    await stores.limits.wait(limit, waiter(1), later);
    const inOrder = [0, 1, 2, 3].map(waiter);
    expect(await stores.limits.waiting(limit, 3)).toEqual(inOrder.slice(0, 3));
    expect(await stores.limits.waiting(limit, 9)).toEqual(inOrder);
    expect(await stores.limits.waiting(fresh('k'), 9)).toEqual([]);
    expect(await stores.limits.waiting({ ...limit, key: '' }, 9)).toEqual([]);
    expect(await stores.limits.read(limit)).toBeUndefined();
  });

  test('of many who take out one that waits, one did', async () => {
    const limit = fresh();
    const waiter = { tenant: noTenant, run: runId('run-1'), node: 'n' as NodeId, since: start };
    await stores.limits.wait(limit, waiter, later);
    const took = await Promise.all(Array.from({ length: 8 }, () => stores.limits.leave(limit, waiter)));
    expect(took.filter(Boolean)).toHaveLength(1);
    expect(await stores.limits.waiting(limit, 9)).toEqual([]);
  });
});
