import { type Figure, sampler } from '../figure.ts';
import { warm } from './work.ts';

/** Many calls at once, until the last result is there. */
export const spawnRate: Figure = {
  name: 'spawns, many at once',
  unit: '/s',
  better: 'higher',
  toBeat: 200,
  aim: 10_000,
  async prepare(size) {
    const calls = size === 'quick' ? 2_000 : 10_000;
    return sampler(async () => {
      await warm(2_000);
      const before = performance.now();
      await warm(calls);
      return calls / ((performance.now() - before) / 1_000);
    });
  },
};
