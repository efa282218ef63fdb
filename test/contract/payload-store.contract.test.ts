import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { objectBytesMax, payloadBytesMax } from '../../lib/model/payload.ts';
import { keptFor, objectName, parseObjectName } from '../../lib/payload/object-name.ts';
import { TieredPayloads } from '../../lib/payload/tiered-payloads.ts';
import type { PayloadStore } from '../../lib/ports/payload-store.ts';
import { MemoryPayloadStore } from '../../lib/testing/memory-stores.ts';
import { s3Endpoints } from '../support/endpoints.ts';
import { sampleRun } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';
import { openBucket } from '../support/test-bucket.ts';

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
    await expect(stores.payloads.get(key, 'other')).rejects.toMatchObject({ code: 'PayloadMissing' });
    await expect(stores.payloads.get(sampleRun(), 'input')).rejects.toMatchObject({ code: 'PayloadMissing' });
  });

  test('a copy is there under its own name, and what is not there is not copied', async () => {
    const [from, to] = [sampleRun(), sampleRun()];
    await stores.payloads.put(from, 'task#1', 'x', later);
    await stores.payloads.copy({ key: from, name: 'task#1' }, { key: to, name: 'child#r1' }, later);
    expect(await stores.payloads.get(to, 'child#r1')).toBe('x');
    const missing = stores.payloads.copy({ key: from, name: 'task#2' }, { key: to, name: 'task#2' }, later);
    await expect(missing).rejects.toMatchObject({ code: 'PayloadMissing' });
  });

  test('a value beside it does not hide or change the run', async () => {
    const run = sampleRun();
    await stores.runs.create({ name: 'submit', run });
    await stores.payloads.put(run, 'input', 'x', later);
    expect(await stores.runs.get(run)).toEqual(run);
  });
});

interface ObjectSubject {
  readonly name: string;
  open(): Promise<{ readonly payloads: PayloadStore; close(): void }>;
}

const objectSubjects: readonly ObjectSubject[] = [
  {
    name: 'memory',
    open: async () => ({ payloads: new MemoryPayloadStore({ hasObjects: true }), close: () => {} }),
  },
  ...s3Endpoints().map((endpoint) => ({
    name: endpoint.name,
    open: async () => {
      const { close, objects } = await openBucket(endpoint);
      return { payloads: new TieredPayloads(new MemoryPayloadStore(), objects), close };
    },
  })),
];

describe.each(objectSubjects)('PayloadStore with objects: $name', ({ open }) => {
  let payloads: PayloadStore;
  let close: () => void;
  beforeAll(async () => {
    ({ payloads, close } = await open());
  });
  afterAll(() => close());

  test('says that it takes large texts', () => expect(payloads.hasObjects).toBe(true));

  test.each([
    ['wide characters', '👩‍🚀\u0000"'.repeat(5_000)],
    ['the most that is allowed', 'x'.repeat(objectBytesMax)],
  ])('%s come back as they are', async (_, text) => {
    const key = sampleRun();
    const name = objectName(text, 1);
    await payloads.put(key, name, text, later);
    expect((await payloads.get(key, name)) === text).toBe(true);
  });

  test('runs and lifetimes are apart', async () => {
    const [a, b] = [sampleRun(), sampleRun()];
    const name = objectName('x', 1);
    await payloads.put(a, name, 'x', later);
    await expect(payloads.get(b, name)).rejects.toMatchObject({ code: 'PayloadMissing' });
    await expect(payloads.get(a, objectName('x', later))).rejects.toMatchObject({ code: 'PayloadMissing' });
  });

  test('the same again, and small texts beside it, do no harm', async () => {
    const key = sampleRun();
    const name = objectName('x', 1);
    await payloads.put(key, name, 'x', later);
    await payloads.put(key, 'task#1', 'y', later);
    await payloads.put(key, name, 'x', later);
    expect([await payloads.get(key, name), await payloads.get(key, 'task#1')]).toEqual(['x', 'y']);
  });

  test('a copy is kept for its own time', async () => {
    const [from, to] = [sampleRun(), sampleRun()];
    const name = objectName('x', 1);
    const object = parseObjectName(name);
    const there = object ? keptFor(object, later) : '';
    await payloads.put(from, name, 'x', later);
    await payloads.copy({ key: from, name }, { key: to, name: there }, later);
    expect(await payloads.get(to, there)).toBe('x');
    const missing = payloads.copy({ key: to, name }, { key: from, name: there }, later);
    await expect(missing).rejects.toMatchObject({ code: 'PayloadMissing' });
  });
});
