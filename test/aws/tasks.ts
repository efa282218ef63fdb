import { setTimeout as pause } from 'node:timers/promises';
import { defineTask } from 'holdfast';
import * as z from 'zod';

/** The tasks that the deployed stack is driven with. */

export * from './mixed-workflows.ts';

export const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });

/** Says where it ran. */
export const tagged = defineTask({
  name: 'tagged',
  input: z.unknown(),
  run: () => ({ pool: process.env.HOLDFAST_POOL ?? 'none' }),
});

export const fails = defineTask({
  name: 'fails',
  input: z.object({ message: z.string() }),
  retry: { maxAttempts: 2, backoff: '20ms' },
  run: ({ message }) => {
    throw new RangeError(message);
  },
});

/** Fails `times` times, then says which attempt succeeded. */
export const flaky = defineTask({
  name: 'flaky',
  input: z.object({ times: z.int() }),
  retry: { maxAttempts: 5, backoff: '20ms' },
  run: ({ times }, { attempt }) => {
    if (attempt <= times) throw new Error(`attempt ${attempt} of ${times + 1}`);
    return attempt;
  },
});

/** Runs for longer than its lease. */
export const long = defineTask({
  name: 'long',
  input: z.object({ ms: z.int() }),
  // A busy emulator may take seconds for a renewal.
  lease: '4s',
  run: async ({ ms }, { attempt, fencingToken, signal }) => {
    await pause(ms, undefined, { signal });
    return { attempt, fencingToken };
  },
});

/** Kills the process it runs in, the first time. */
export const dies = defineTask({
  name: 'dies',
  input: z.null(),
  lease: '2s',
  run: async (_input, { attempt, fencingToken, signal }) => {
    if (attempt === 1) process.kill(process.pid, 'SIGKILL');
    await pause(10, undefined, { signal });
    return { attempt, fencingToken };
  },
});

/** Works in steps and can go on from each. */
export const stepwise = defineTask({
  name: 'stepwise',
  input: z.object({ steps: z.int() }),
  lease: '3s',
  run: async ({ steps }, ctx) => {
    for (let step = (ctx.checkpointed as number | undefined) ?? 0; step < steps; step += 1) {
      await pause(1_000, undefined, { signal: ctx.signal });
      await ctx.checkpoint(step + 1);
    }
    return steps;
  },
});
