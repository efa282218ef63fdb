import { closePool, getPool } from '../../lib/threads/index.ts';
import { type Figure, sampler } from '../figure.ts';

/** Until the pool is there. Its threads start with the first work for them. */
export const poolStart: Figure = {
  name: 'pool start',
  unit: 'ms',
  better: 'lower',
  toBeat: 5,
  aim: 5,
  async prepare() {
    return sampler(async () => {
      await closePool();
      const before = performance.now();
      getPool();
      return performance.now() - before;
    });
  },
};
