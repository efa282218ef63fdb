import { spawn } from '../../lib/threads/index.ts';
import { type Figure, sampler } from '../figure.ts';
import { medianOf } from '../measure.ts';
import { roundTrip } from './round-trip.ts';
import { add, warm } from './work.ts';

/** From the call to its result, one after the other on warm threads; the work itself takes no time. */
export const spawnOverhead: Figure = {
  name: 'spawn, warm',
  unit: 'ms',
  better: 'lower',
  toBeat: 0.5,
  aim: 0.1,
  against: [{ figure: roundTrip.name }],
  async prepare(size) {
    const calls = size === 'quick' ? 300 : 2_000;
    return sampler(async () => {
      await warm(2_000);
      const times: number[] = [];
      for (let n = 0; n < calls; n++) {
        const before = performance.now();
        await spawn(add, [n, 1]);
        times.push(performance.now() - before);
      }
      return medianOf(times);
    });
  },
};
