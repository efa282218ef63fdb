import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Lines } from '../../lib/external/lines.ts';

function cut(text: string | Buffer, at: readonly number[], bytesMax = 1_000): string[] {
  const bytes = Buffer.from(text);
  const lines = new Lines(bytesMax);
  const ends = [...at.map((each) => each % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  let from = 0;
  const found: string[] = [];
  for (const end of ends) {
    found.push(...lines.take(bytes.subarray(from, end)));
    from = end;
  }
  return found;
}

it('finds the same lines, wherever the pieces are cut', () => {
  const word = fc.string({ unit: 'grapheme', maxLength: 10 }).map((each) => each.replaceAll('\n', '⏎'));
  fc.assert(
    fc.property(fc.array(word), fc.array(fc.nat()), (words, at) => {
      const expected = words.filter((each) => each.trim() !== '');
      expect(cut(words.map((each) => `${each}\n`).join(''), at)).toEqual(expected);
    }),
  );
});

it('keeps an unfinished line to itself', () => {
  expect(cut('whole\nhal', [])).toEqual(['whole']);
});

it('refuses a line that is too long, as soon as it is', () => {
  const tooLong = expect.objectContaining({
    code: 'ExternalProtocol',
    message: 'a line is longer than 5 bytes',
  });
  expect(cut('12345\n12345\n', [3], 5)).toEqual(['12345', '12345']);
  expect(() => cut('123456\n', [], 5)).toThrow(tooLong);
  expect(() => cut('123456', [], 5)).toThrow(tooLong);
  expect(() => cut('1\n123456', [1, 2, 4], 5)).toThrow(tooLong);
});

it('refuses what is no UTF-8', () => {
  const notUtf8 = expect.objectContaining({ code: 'ExternalProtocol', message: 'a line is no UTF-8' });
  expect(() => cut(Buffer.from([0x61, 0xff, 0x0a]), [])).toThrow(notUtf8);
});
