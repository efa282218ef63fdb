import { setTimeout as pause } from 'node:timers/promises';
import { defineTask } from 'holdfast';
import * as z from 'zod';

/** Tasks that end the process they run in, or try to. */

const kill = {
  exit: () => process.exit(7),
  'exit 0': () => process.exit(0),
  // In large steps: small ones would keep the collector busy for long.
  memory: () => {
    let all = [1];
    for (;;) all = all.concat(all);
  },
  // What no process survives.
  abort: () => process.abort(),
};

/** Ends its process at the first attempt; the second stays until it is aborted, so that one can look at it. */
export const fatal = defineTask({
  name: 'fatal',
  input: z.enum(['exit', 'exit 0', 'memory', 'abort']),
  lease: '1s',
  run: async (how, { attempt, signal }) => {
    if (attempt === 1) kill[how]();
    await pause(3_600_000, undefined, { signal });
  },
});

/** Stays at its first attempt, and is done at the second. */
export const neighbour = defineTask({
  name: 'neighbour',
  input: z.object({}),
  lease: '1s',
  run: async (_, { attempt, signal, workerId }) => {
    if (attempt === 1) await pause(3_600_000, undefined, { signal });
    return { attempt, workerId };
  },
});

const odd = {
  text: 'just text',
  undefined,
  null: null,
  number: 0,
  object: { a: 1 },
  symbol: Symbol('odd'),
  bare: Object.create(null) as object,
  'a function': () => 1,
  'no text': Object.assign(() => 1, {
    toString() {
      throw new Error('no text');
    },
  }),
};

const throwOdd = async (what: keyof typeof odd, how: 'thrown' | 'rejected' | 'in a timer') => {
  if (how === 'thrown') throw odd[what];
  if (how === 'rejected') void Promise.reject(odd[what]);
  else {
    setTimeout(() => {
      throw odd[what];
    }, 1);
  }
  await pause(30_000);
};

const oddOptions = {
  input: z.object({
    what: z.enum(Object.keys(odd) as [keyof typeof odd]),
    how: z.enum(['thrown', 'rejected', 'in a timer']),
  }),
  retry: { maxAttempts: 1 },
} as const;

/** Throws what is no error, in each way in which one can. */
export const oddInline = defineTask({
  ...oddOptions,
  name: 'odd-inline',
  run: ({ how, what }) => throwOdd(what, how),
});
export const oddOnThread = defineTask({
  ...oddOptions,
  name: 'odd-on-thread',
  isolation: 'thread',
  run: ({ how, what }) => throwOdd(what, how),
});
