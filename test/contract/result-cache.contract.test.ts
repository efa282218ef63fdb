import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { start } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';

const hour = 3_600_000;

describe.each(storeSubjects())('ResultCache: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  test('what was put is there until it expires, to the millisecond', async () => {
    const key = randomUUID();
    expect(await stores.cache.get(key, start)).toBeUndefined();
    expect(await stores.cache.put(key, '"result"', start, start + hour)).toBe('"result"');
    expect(await stores.cache.get(key, start)).toBe('"result"');
    expect(await stores.cache.get(key, start + hour - 1)).toBe('"result"');
    // Nothing has swept it: it counts as absent all the same.
    expect(await stores.cache.get(key, start + hour)).toBeUndefined();
  });

  test('the first put wins, and the second is told its text', async () => {
    const key = randomUUID();
    await stores.cache.put(key, 'first', start, start + hour);
    expect(await stores.cache.put(key, 'second', start + 1, start + 2 * hour)).toBe('first');
    expect(await stores.cache.get(key, start + 2)).toBe('first');
  });

  test('of 20 puts at once one wins, and all return its text', async () => {
    const key = randomUUID();
    const texts = await Promise.all(
      Array.from({ length: 20 }, (_, index) => stores.cache.put(key, `text-${index}`, start, start + hour)),
    );
    expect(new Set(texts).size).toBe(1);
    expect(await stores.cache.get(key, start)).toBe(texts[0]);
  });

  test('an expired entry gives way to the next put', async () => {
    const key = randomUUID();
    await stores.cache.put(key, 'old', start, start + hour);
    expect(await stores.cache.put(key, 'new', start + hour, start + 2 * hour)).toBe('new');
    expect(await stores.cache.get(key, start + hour)).toBe('new');
  });

  test.each(['', 'undefined', 'x'.repeat(350_000), '__proto__'])('the text %.20s is kept', async (text) => {
    const key = randomUUID();
    expect(await stores.cache.put(key, text, start, start + hour)).toBe(text);
    expect(await stores.cache.get(key, start)).toBe(text);
    expect(await stores.cache.put(key, 'other', start, start + hour)).toBe(text);
  });

  test.each(['', '#', ':0', '__proto__', 'a#b', '👩‍🚀', 'k'.repeat(1_000)])(
    'the key %.20s is a key',
    async (key) => {
      await stores.cache.put(key, `of ${key}`, start, start + hour);
      expect(await stores.cache.get(key, start)).toBe(`of ${key}`);
    },
  );
});
