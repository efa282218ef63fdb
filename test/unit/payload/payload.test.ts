import { describe, expect, test } from 'vitest';
import { itemBytesMax, objectBytesMax, payloadBytesMax } from '../../../lib/model/payload.ts';
import { keepFor, packText } from '../../../lib/payload/payload.ts';

const options = { field: 'output', pointer: 'task#n', tooLarge: 'OutputTooLarge', keepMs: 1 } as const;
const packed = (bytes: number, hasObjects: boolean) =>
  packText('x'.repeat(bytes), { ...options, store: { hasObjects } });

describe('a value', () => {
  test.each([
    [1_024, false],
    [1_024, true],
  ])('of %i bytes stays in the run item (bucket: %s)', (bytes, hasObjects) => {
    expect(packed(bytes, hasObjects)).toEqual({ payload: { text: 'x'.repeat(bytes) } });
  });

  test.each([
    [1_025, false],
    [1_025, true],
    [itemBytesMax, true],
    [payloadBytesMax, false],
  ])('of %i bytes lies in an item (bucket: %s)', (bytes, hasObjects) => {
    expect(packed(bytes, hasObjects)).toEqual({
      payload: { pointer: 'task#n', bytes },
      apart: { text: 'x'.repeat(bytes), keepMs: 1 },
    });
  });

  test.each([itemBytesMax + 1, payloadBytesMax + 1, objectBytesMax])(
    'of %i bytes lies in an object',
    (bytes) => {
      expect(packed(bytes, true).payload).toEqual({ pointer: expect.stringMatching(/^object:35:/), bytes });
    },
  );

  test.each([
    [payloadBytesMax + 1, false, 'the limit is 350000'],
    [objectBytesMax + 1, true, 'the limit is 10000000'],
  ])('of %i bytes is refused (bucket: %s)', (bytes, hasObjects, message) => {
    expect(() => packed(bytes, hasObjects)).toThrow(
      expect.objectContaining({ code: 'OutputTooLarge', message: expect.stringContaining(message) }),
    );
  });

  test('is measured in bytes, not in characters', () => {
    const store = { hasObjects: true };
    expect(packText('é'.repeat(itemBytesMax / 2), { ...options, store }).payload).toHaveProperty(
      'pointer',
      'task#n',
    );
    expect(packText('é'.repeat(itemBytesMax / 2 + 1), { ...options, store }).payload).toMatchObject({
      pointer: expect.stringMatching(/^object:/),
      bytes: itemBytesMax + 2,
    });
  });
});

test('bounds of what is kept grow with the retention and with the waits, up to ten years of them', () => {
  const day = 86_400_000;
  expect(keepFor.input(30 * day, 7 * day)).toBe(437 * day);
  expect(keepFor.input(30 * day, 4_000 * day)).toBe(4_090 * day);
  expect(keepFor.checkpoint(30 * day)).toBe(90 * day);
  expect(keepFor.output(30 * day)).toBe(31 * day);
});
