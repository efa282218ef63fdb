import { expect, it } from 'vitest';
import { simulate } from '../../lib/testing/simulation/simulate.ts';

const histories = 40;

it(`a limit holds over ${histories} histories, and nobody waits for ever`, { timeout: 240_000 }, async () => {
  let waits = 0;
  let faults = 0;
  for (let seed = 0; seed < histories; seed += 1) {
    const history = await simulate(seed, { isLimited: true, runs: 16 });
    expect(history.broken, `seed ${seed}`).toEqual([]);
    waits += history.waits;
    faults += history.faults.length;
  }
  console.log(`limits: ${histories} histories, ${faults} faults, ${waits} times somebody waited for a slot`);
  // It must have been reached, or nothing was limited.
  expect(waits).toBeGreaterThan(histories);
});
