import { setTimeout as pause } from 'node:timers/promises';
import { again, type Context, decision, defineTask, defineWorkflow, done } from 'holdfast';
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

/** What goes through the workflow: a number, and who had which step. */
const piece = z.object({
  ms: z.int(),
  n: z.int(),
  made: z.array(z.object({ task: z.string(), epoch: z.int() })),
});
type Piece = z.infer<typeof piece>;

const policy = { lease: '1s', retry: { maxAttempts: 100 } } as const;

async function make({ made, ms }: Piece, { fencingToken, task }: Context, n: number): Promise<Piece> {
  await pause(ms);
  return { ms, n, made: [...made, { task, epoch: fencingToken }] };
}

const add = defineTask({
  ...policy,
  name: 'add',
  input: piece,
  run: (given, ctx) => make(given, ctx, given.n + 1),
});
const double = defineTask({
  ...policy,
  name: 'double',
  input: piece,
  run: (given, ctx) => make(given, ctx, given.n * 2),
});
/** Three rounds: 100, 200 and 300 more. */
const count = defineTask({
  ...policy,
  name: 'count',
  input: piece,
  output: decision({ again: piece, done: piece }),
  run: async (given, ctx) => {
    const next = await make(given, ctx, given.n + 100 * (ctx.iteration ?? 0));
    return ctx.iteration === 3 ? done(next) : again(next);
  },
});

/** A fork and a loop: made to be killed anywhere. */
export const flow = defineWorkflow('flow', { input: piece })
  .fork({ a: (b) => b.step(add).step(double), b: (b) => b.step(double) })
  .join('both', ({ a, b }) => ({ ...a, n: a.n + b.n, made: [...a.made, ...b.made] }))
  .loop('rounds', (b) => b.step(count), { maxIterations: 5 })
  .build();

/** What `flow` makes of a number, and the tasks that it comes through on its way. */
export const meaning = {
  of: (n: number) => (n + 1) * 2 + n * 2 + 600,
  tasks: ['add', 'double', 'double', 'count', 'count', 'count'],
};
