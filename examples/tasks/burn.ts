import { setImmediate as turn } from 'node:timers/promises';
import { defineTask } from 'holdfast';
import * as z from 'zod';

const sliceMs = 20;

/** Keeps the processor busy, in slices, so that the lease's renewal gets its turn in between. */
export const burn = defineTask({
  name: 'burn',
  input: z.strictObject({ ms: z.int().min(0).max(600_000) }),
  timeout: '15m',
  run: async ({ ms }, { signal }) => {
    const until = performance.now() + ms;
    let rounds = 0;
    while (performance.now() < until) {
      const slice = performance.now() + sliceMs;
      while (performance.now() < slice) rounds += 1;
      await turn();
      signal.throwIfAborted();
    }
    return { rounds };
  },
});
