import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, count, duration, jsonText, relative, visible } from '../../web/app/format.ts';

describe('lengths of time', () => {
  it.each([
    [0, '0 ms'],
    [-5, '0 ms'],
    [340, '340 ms'],
    [1_240, '1.24 s'],
    [12_340, '12.3 s'],
    [192_000, '3 m 12 s'],
    [7_200_000, '2 h'],
    [273_600_000, '3 d 4 h'],
  ])('%d ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it.each([
    [0, 'now'],
    [5_000, '5 s ago'],
    [-120_000, 'in 2 m'],
    [7_200_000, '2 h ago'],
    [172_800_000, '2 d ago'],
  ])('%d ms before is %s', (ms, text) => {
    expect(relative(1e12 - ms, 1e12)).toBe(text);
  });
});

it('counts and sizes are short', () => {
  expect(count(1_234_567)).toBe('1\u202f234\u202f567');
  expect([bytes(12), bytes(102_400), bytes(2_500_000)]).toEqual(['12 B', '102.4 KB', '2.5 MB']);
});

describe('what strangers wrote', () => {
  it('cannot turn the direction of what stands around it, nor hide', () => {
    expect(visible('a\u202eb\u0000\u200bc')).toBe('a\\u202eb\\u0000\\u200bc');
    expect(visible('שלום <b>')).toBe('שלום <b>');
  });

  it('stays JSON that means the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = jsonText({ value });
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ value })));
        expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
    expect(JSON.parse(jsonText('\u202e\u2028'))).toBe('\u202e\u2028');
    expect(jsonText(undefined)).toBe('undefined');
  });
});
