import { expect, it } from 'vitest';
import type { Growth, Measure } from '../../bench/growth/growth.ts';
import { measureGrowth } from '../../bench/growth/measure.ts';

/** What is measured are these values, one for each amount. */
function growth(
  measure: Pick<Measure, 'grows' | 'unit'>,
  values: readonly number[],
  ended = () => {},
): Growth {
  const left = [...values];
  return {
    name: 'something',
    of: 'things',
    measures: [{ name: 'a measure', ...measure }],
    amounts: { quick: [10, 1_000], full: [] },
    prepare: async () => ({
      measure: async () => [left.shift() ?? Number.NaN],
      [Symbol.asyncDispose]: async () => ended(),
    }),
  };
}

it.each([
  ['ms', 'with the work', [5, 500], 1, false],
  ['ms', 'with the work', [5, 50], 0.1, false],
  ['ms', 'with the work', [5, 5_000], 10, true],
  ['ms', 'not', [5, 9], 1.8, false],
  ['ms', 'not', [5, 500], 100, true],
  ['requests', 'not', [17, 17], 1, false],
  ['requests', 'with the work', [10, 1_300], 1.3, true],
  // Less than one is nothing, and no growth of nothing a defect.
  ['MB', 'not', [0.001, 0.9], 1, false],
] as const)('%s that may grow %s: %j is %d times that', async (unit, grows, values, overWork, isFaster) => {
  const { measures } = await measureGrowth(growth({ unit, grows }, values), 'quick', () => {});
  expect(measures).toMatchObject([{ values, isFaster }]);
  expect(measures[0]?.overWork).toBeCloseTo(overWork);
});

it('goes from the least to the most, and ends what it has opened', async () => {
  const seen: (number | string)[] = [];
  const ended = () => void seen.push('ended');
  await measureGrowth(growth({ unit: 'ms', grows: 'not' }, [1, 1], ended), 'quick', (amount) =>
    seen.push(amount),
  );
  expect(seen).toEqual([10, 1_000, 'ended']);
});
