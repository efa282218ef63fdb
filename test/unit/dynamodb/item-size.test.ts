import { expect, it } from 'vitest';
import { sizeOf, sizeOfItem, writeUnits } from '../../../lib/dynamodb/item-size.ts';

it.each<[unknown, number]>([
  ['', 0],
  ['abc', 3],
  ['ä€', 5],
  [0, 1],
  [7, 2],
  [10, 2],
  [99, 2],
  [100, 2],
  [101, 3],
  [-101, 4],
  [1_700_000_000_999, 8],
  [1_700_000_000_000, 2],
  [999_999_999_999_999, 9],
  [0.25, 2],
  [-0.5, 3],
  [1.5e300, 2],
  [true, 1],
  [null, 1],
  [['a', 'bc'], 3 + 2 + 3],
  [{ a: 'b', cd: 1 }, 3 + 3 + 5],
  [new Set(['a', 'bc']), 3],
  [[], 3],
  [{}, 3],
])('a value %j takes %i bytes', (value, bytes) => {
  expect(sizeOf(value)).toBe(bytes);
});

it('an item takes its names and values, in units of a kilobyte', () => {
  expect(sizeOfItem({ pk: 'RUN#a', sk: 'RUN', n: 5 })).toBe(7 + 5 + 3);
  expect([0, 1, 1_024, 1_025, 409_600].map(writeUnits)).toEqual([1, 1, 1, 2, 400]);
});
