import '../../lib/testing/simulation/still-usage.ts';
import { expect, it } from 'vitest';
import { simulate } from '../../lib/testing/simulation/simulate.ts';

/** Seeds of histories that once broke something, and what it was. */
const seeds: readonly [number, string][] = [
  [1_561, 'a renewal held up on its way took from its holder what a later one had given'],
  [4_567, 'the same, with the look planned for the longer lease'],
  [484, 'a run was given up for a lease of the round before, with attempts left'],
];

it.each(seeds)('history %i: %s', async (seed) => {
  expect((await simulate(seed)).broken).toEqual([]);
});
