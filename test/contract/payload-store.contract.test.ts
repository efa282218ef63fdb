import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { payloadBytesMax } from '../../lib/model/payload.ts';
import { sampleRun } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';

const later = 4_000_000_000_000;

describe.each(storeSubjects())('PayloadStore: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  test.each([
    ['nothing', ''],
    ['one character', 'x'],
    ['1 KB', 'x'.repeat(1_024)],
    ['100 KB of wide characters', '👩‍🚀'.repeat(9_000)],
    ['control characters', '\u0000\n"\\\u007f'],
    ['the most that is allowed', 'x'.repeat(payloadBytesMax)],
  ])('%s comes back as it is', async (_, text) => {
    const key = sampleRun();
    await stores.payloads.put(key, 'input', text, later);
    expect(await stores.payloads.get(key, 'input')).toBe(text);
  });

  test('the longest ids and names do not cost the largest value its place', async () => {
    const key = sampleRun({ tenant: 'T'.repeat(128) as never, run: 'r'.repeat(128) as never });
    const name = `${'n'.repeat(500)}#12345`;
    await stores.payloads.put(key, name, 'x'.repeat(payloadBytesMax), later);
    expect(await stores.payloads.get(key, name)).toHaveLength(payloadBytesMax);
  });

  test('the same name with the same text again does no harm', async () => {
    const key = sampleRun();
    await stores.payloads.put(key, 'task#1', 'same', later);
    await stores.payloads.put(key, 'task#1', 'same', later);
    expect(await stores.payloads.get(key, 'task#1')).toBe('same');
  });

  test('names and runs are apart', async () => {
    const [a, b] = [sampleRun(), sampleRun()];
    await stores.payloads.put(a, 'task#1', 'a1', later);
    await stores.payloads.put(a, 'task#2', 'a2', later);
    await stores.payloads.put(b, 'task#1', 'b1', later);
    expect(await stores.payloads.get(a, 'task#1')).toBe('a1');
    expect(await stores.payloads.get(a, 'task#2')).toBe('a2');
    expect(await stores.payloads.get(b, 'task#1')).toBe('b1');
  });

  test('what is not there is NotFound', async () => {
    const key = sampleRun();
    await stores.payloads.put(key, 'input', 'x', later);
    await expect(stores.payloads.get(key, 'other')).rejects.toMatchObject({ code: 'NotFound' });
    await expect(stores.payloads.get(sampleRun(), 'input')).rejects.toMatchObject({ code: 'NotFound' });
  });

  test('a value beside it does not hide or change the run', async () => {
    const run = sampleRun();
    await stores.runs.create({ name: 'submit', run });
    await stores.payloads.put(run, 'input', 'x', later);
    expect(await stores.runs.get(run)).toEqual(run);
  });
});
