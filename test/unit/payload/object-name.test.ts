import { describe, expect, test } from 'vitest';
import type { RunKey } from '../../../lib/model/run.ts';
import { lifetimeFor, lifetimesInDays } from '../../../lib/payload/lifetimes.ts';
import { keptFor, objectKey, objectName, parseObjectName } from '../../../lib/payload/object-name.ts';
import { keepFor } from '../../../lib/payload/payload.ts';

const day = 86_400_000;
const key = { tenant: 'acme', run: 'r1' } as RunKey;
/** `printf x | sha256sum` */
const digestOfX = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881';

describe('a lifetime', () => {
  test.each([
    [0, 35],
    [35 * day, 35],
    [35 * day + 1, 100],
    [500 * day, 500],
    [8_000 * day, 8_000],
  ])('of %i ms is %i days', (ms, days) => expect(lifetimeFor(ms)).toBe(days));

  test('is never shorter than what it is for, whatever is set', () => {
    const retentionMax = 3_650 * day;
    const endless = Number.POSITIVE_INFINITY;
    const longest = keepFor.input(retentionMax, endless);
    expect(Math.max(longest, keepFor.checkpoint(retentionMax), keepFor.output(retentionMax))).toBe(longest);
    for (let ms = 0; ms <= longest; ms += 5 * day) expect(lifetimeFor(ms) * day).toBeGreaterThanOrEqual(ms);
    expect(lifetimeFor(longest) * day).toBeGreaterThanOrEqual(longest);
  });

  test('with the default retention is as documented', () => {
    const retention = 30 * day;
    const days = [keepFor.output(retention), keepFor.checkpoint(retention), keepFor.input(retention, 0)];
    expect(days.map(lifetimeFor)).toEqual([35, 100, 500]);
  });

  test('grows from each to the next', () =>
    expect([...lifetimesInDays].sort((a, b) => a - b)).toEqual(lifetimesInDays));
});

describe('the name of an object', () => {
  test('says how long it is kept and what it holds', () => {
    const name = objectName('x', 90 * day);
    expect(name).toBe(`object:100:${digestOfX}`);
    expect(parseObjectName(name)).toEqual({ days: 100, digest: digestOfX });
  });

  test('can be that of the same text for another time', () => {
    const object = parseObjectName(objectName('x', 0));
    expect(object && keptFor(object, 400 * day)).toBe(objectName('x', 400 * day));
  });

  test('is a key under the prefix of its lifetime, by tenant and run', () => {
    const object = parseObjectName(objectName('x', 0));
    expect(object && objectKey(key, object)).toBe(`keep-35-days/acme/r1/${digestOfX}`);
  });

  test.each([
    'input#0123',
    'task#nonce',
    'object#nonce',
    'object:35',
    `object:36:${digestOfX}`,
    `object:035:${digestOfX}`,
    `object:35:${digestOfX.toUpperCase()}`,
    `object:35:${digestOfX}0`,
    ` object:35:${digestOfX}`,
    `object:35:../${digestOfX}`,
  ])('is not %s', (name) => expect(parseObjectName(name)).toBeUndefined());
});
