import { closePool, spawn } from '../../lib/threads/index.ts';
import { type Figure, sampler } from '../figure.ts';
import { add } from './work.ts';

/** From the first call of a new pool to its result: a thread starts, and loads what runs there. */
export const coldResult: Figure = {
  name: 'first result of a cold thread',
  unit: 'ms',
  better: 'lower',
  async prepare() {
    return sampler(async () => {
      await closePool();
      const before = performance.now();
      await spawn(add, [1, 1]);
      return performance.now() - before;
    });
  },
};
