import '../../lib/testing/simulation/still-usage.ts';
import { expect, it } from 'vitest';
import { simulate } from '../../lib/testing/simulation/simulate.ts';

const seeds = Array.from({ length: 40 }, (_, index) => index + 1);

it('plays the same history for the same seed', async () => {
  const first = await hashesOf(seeds);
  const again = await hashesOf(seeds.toReversed());
  expect(again.toReversed()).toEqual(first);
});

it('plays another history for another seed', async () => {
  expect(new Set(await hashesOf(seeds)).size).toBe(seeds.length);
});

it('plays the same history when it is told how many runs and which faults that one had', async () => {
  for (const seed of seeds) {
    const { faults, runs, traceHash } = await simulate(seed);
    const keep = new Set(faults.map(({ number }) => number));
    expect((await simulate(seed, { runs, keep })).traceHash).toBe(traceHash);
  }
});

it('leaves out the faults it is told to', async () => {
  const { faults } = await simulate(2);
  const none = await simulate(2, { keep: new Set() });
  expect(faults.length).toBeGreaterThan(0);
  expect(none.faults).toEqual([]);
  expect(none.broken).toEqual([]);
});

async function hashesOf(all: readonly number[]): Promise<string[]> {
  const hashes: string[] = [];
  for (const seed of all) hashes.push((await simulate(seed)).traceHash);
  return hashes;
}
