import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { defineTask } from 'holdfast';
import * as z from 'zod';

/** Tasks for worker processes of their own. */

let atOnce = 0;

/** Takes a while; says in which process, and how many of it were at work there at once. */
export const work = defineTask({
  name: 'work',
  input: z.object({ ms: z.int() }),
  run: async ({ ms }, { workerId }) => {
    atOnce += 1;
    let most = atOnce;
    for (let left = ms; left > 0; left -= 20) {
      await pause(Math.min(20, left));
      most = Math.max(most, atOnce);
    }
    atOnce -= 1;
    return { workerId, pid: process.pid, most };
  },
});

export const fails = defineTask({
  name: 'fails',
  input: z.string(),
  retry: { maxAttempts: 1 },
  run: (message) => {
    throw new RangeError(message);
  },
});

/** Never ends in the hands of its first holder, but heeds the signal. */
export const stays = defineTask({
  name: 'stays',
  input: z.object({}),
  run: async (_, { attempt, fencingToken, signal, workerId }) => {
    if (fencingToken === 1) await pause(3_600_000, undefined, { signal });
    return { attempt, workerId };
  },
});

/** Never ends, whatever it is told. */
export const deaf = defineTask({ name: 'deaf', input: z.object({}), run: () => new Promise(() => {}) });

/** In the hands of its first holder it never lets go of its thread. */
export const spins = defineTask({
  name: 'spins',
  input: z.object({}),
  isolation: 'thread',
  run: (_, { attempt, fencingToken }) => {
    while (fencingToken === 1);
    return { attempt, onThread: !isMainThread };
  },
});
