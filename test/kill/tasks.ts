import { setTimeout as pause } from 'node:timers/promises';
import { defineTask } from 'holdfast';
import * as z from 'zod';

/** Works for a while, and says under which epoch. Made to be killed in the middle. */
export const work = defineTask({
  name: 'work',
  input: z.object({ ms: z.int() }),
  lease: '1s',
  retry: { maxAttempts: 100 },
  run: async ({ ms }, { fencingToken, runId }) => {
    // It heeds no signal: a zombie finishes its work and tries to commit it.
    await pause(ms);
    return { runId, fencingToken };
  },
});
