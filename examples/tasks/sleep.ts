import { setTimeout as pause } from 'node:timers/promises';
import { defineTask } from 'holdfast';
import * as z from 'zod';

/** Sleeps, and stops at once when its result is no longer wanted. */
export const sleep = defineTask({
  name: 'sleep',
  input: z.strictObject({ ms: z.int().min(0).max(86_400_000) }),
  timeout: '1d',
  run: async ({ ms }, { signal }) => {
    await pause(ms, undefined, { signal });
    return { sleptMs: ms };
  },
});
