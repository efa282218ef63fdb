import { setTimeout as pause } from 'node:timers/promises';
import { defineTask } from 'holdfast';
import * as z from 'zod';

/** Tasks of the behaviour tests; a module of its own, so that executor processes can load it. */

export const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });

/** Results as text cannot carry `undefined` in: made here. */
export const constant = defineTask({
  name: 'constant',
  input: z.enum(['null', 'zero', 'empty', 'false', 'undefined', 'nested']),
  run: (which) =>
    ({ null: null, zero: 0, empty: '', false: false, undefined, nested: { a: [undefined, 1] } })[which],
});

export const flaky = defineTask({
  name: 'flaky',
  input: z.object({ times: z.int(), message: z.string() }),
  retry: { maxAttempts: 5, backoff: '20ms' },
  run: ({ times, message }, { attempt }) => {
    if (attempt <= times) throw new RangeError(message);
    return attempt;
  },
});

/** Takes a while, and says which worker finished it. */
export const slow = defineTask({
  name: 'slow',
  input: z.object({ ms: z.int() }),
  lease: '1s',
  run: async ({ ms }, { signal, workerId, attempt, fencingToken }) => {
    await pause(ms, undefined, { signal });
    return { workerId, attempt, fencingToken };
  },
});

export const cached = defineTask({
  name: 'cached',
  input: z.object({ n: z.number() }),
  cache: { ttl: '1h' },
  run: ({ n }, { runId }) => ({ n, by: runId }),
});

export const counter = defineTask({
  name: 'counter',
  input: z.object({ pages: z.int() }),
  lease: '1s',
  run: async ({ pages }, ctx) => {
    const from = (ctx.checkpointed as number | undefined) ?? 0;
    for (let page = from; page < pages; page += 1) {
      await pause(100, undefined, { signal: ctx.signal });
      ctx.progress({ page });
      await ctx.checkpoint(page + 1);
    }
    return { from, pages, holders: ctx.fencingToken };
  },
});

/** Leaves an error to nobody: a rejection that is not awaited, or a throw in a timer. */
export const stray = defineTask({
  name: 'stray',
  input: z.enum(['rejection', 'timer']),
  retry: { maxAttempts: 1 },
  run: async (how) => {
    if (how === 'rejection') void Promise.reject(new TypeError('the real cause'));
    else {
      setTimeout(() => {
        throw new TypeError('the real cause');
      }, 10);
    }
    await pause(5_000);
  },
});
