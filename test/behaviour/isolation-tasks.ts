import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread, threadId } from 'node:worker_threads';
import {
  again,
  currentContext,
  decision,
  defineTask,
  defineWorkflow,
  done,
  NonRetryableError,
} from 'holdfast';
import * as z from 'zod';

/** Tasks on threads; a module of its own, so that executor processes and their threads can load it. */

const thread = { isolation: 'thread', retry: { maxAttempts: 1 } } as const;

/** Busy for longer than its lease: nothing on this thread could renew that. */
export const busy = defineTask({
  ...thread,
  name: 'busy',
  input: z.object({ ms: z.int() }),
  lease: '2s',
  run: ({ ms }, { attempt }) => {
    const until = Date.now() + ms;
    while (Date.now() < until);
    return { attempt, onThread: !isMainThread };
  },
});
export const endless = defineTask({
  ...thread,
  name: 'endless',
  input: z.null(),
  timeout: '500ms',
  lease: '2s',
  run: () => {
    for (;;);
  },
});
/** Tells everything that there is to tell, to the last moment. */
export const chatty = defineTask({
  ...thread,
  name: 'chatty',
  input: z.object({ lines: z.int(), ms: z.int() }),
  run: ({ lines, ms }, { logger, setVariable }) => {
    logger.child({ part: 1 }).warn('begun', { error: new RangeError('small') });
    const kept = Buffer.alloc(50_000_000, 1);
    const until = Date.now() + ms;
    while (Date.now() < until);
    setVariable('bytes', kept.length);
    for (let line = 0; line < lines; line += 1) console.log('line %d', line);
    setVariable('done', [true]);
    return lines;
  },
});
export const exits = defineTask({
  ...thread,
  name: 'exits',
  input: z.int(),
  run: (code) => process.exit(code),
});
/** In small steps and in large ones. */
const takeAll = {
  arrays: () => {
    const all: number[][] = [];
    for (;;) all.push(Array.from({ length: 1_000_000 }, (_, index) => index * 1.5));
  },
  objects: () => {
    const all: object[] = [];
    for (let index = 0; ; index += 1) all.push({ index });
  },
  map: () => {
    const all = new Map<number, object>();
    for (let index = 0; ; index += 1) all.set(index, { index });
  },
  text: () => {
    const texts = ['x'.repeat(2 ** 28), 'y'.repeat(2 ** 28)];
    while (texts.every((text) => text.charCodeAt(7) > 0));
  },
  doubled: () => {
    let all = [1];
    for (;;) all = all.concat(all);
  },
};
export const greedy = defineTask({
  ...thread,
  name: 'greedy',
  input: z.enum(Object.keys(takeAll) as [keyof typeof takeAll]),
  run: (how) => takeAll[how](),
});
/** Makes garbage, beside what it keeps: half of what it may. */
export const wasteful = defineTask({
  ...thread,
  name: 'wasteful',
  input: z.object({ keepMb: z.int(), rounds: z.int() }),
  run: ({ keepMb, rounds }) => {
    const kept = Array.from({ length: keepMb * 8 }, () => new Array(16_384).fill(1));
    for (let round = 0; round < rounds; round += 1) kept[round % kept.length] = new Array(16_384).fill(round);
    return kept.length;
  },
});
export const floating = defineTask({
  ...thread,
  name: 'floating',
  input: z.null(),
  run: async () => {
    void Promise.reject(new RangeError('left to nobody'));
    await pause(1_000);
  },
});
export const throws = defineTask({
  name: 'throws',
  isolation: 'thread',
  input: z.enum(['range', 'string', 'final', 'date']),
  retry: { maxAttempts: 2, backoff: '10ms' },
  run: (what) => {
    if (what === 'range') throw new RangeError('out of range', { cause: 'a cause' });
    if (what === 'final') throw new NonRetryableError('no use');
    if (what === 'date') return { at: new Date() };
    throw 'just text';
  },
});
/** Says what its context is, also from a function below it. */
export const telling = defineTask({
  ...thread,
  name: 'telling',
  input: z.object({ when: z.coerce.date() }),
  run: async ({ when }, ctx) => {
    ctx.logger.info('on the thread', { threadId });
    ctx.progress({ at: 1 });
    await ctx.checkpoint({ page: 3 });
    const below = currentContext();
    return {
      year: when.getFullYear(),
      runId: below?.runId,
      key: below?.idempotencyKey,
      checkpointed: below?.checkpointed,
      remains: ctx.remainingMs() > 0,
    };
  },
});
export const patient = defineTask({
  ...thread,
  name: 'patient',
  input: z.null(),
  lease: '2s',
  run: async (_, { progress, signal }) => {
    progress('begun');
    await pause(60_000, undefined, { signal }).catch(() => {});
    return signal.reason instanceof Error ? signal.reason.message : 'no reason';
  },
});
const count = defineTask({
  ...thread,
  name: 'count',
  input: z.int(),
  output: decision({ again: z.int(), done: z.string() }),
  run: (n) => (n < 3 ? again(n + 1) : done(`counted to ${n}`)),
});
export const counting = defineWorkflow('counting', { input: z.int() })
  .loop('until-three', (b) => b.step(count), { maxIterations: 9 })
  .build();
