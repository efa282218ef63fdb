import { setTimeout as pause } from 'node:timers/promises';
import { again, type Context, decision, defineTask, defineWorkflow, done } from 'holdfast';
import * as z from 'zod';

/** Who had a task, in which run, and under which epoch. */
const maker = z.object({ task: z.string(), run: z.string(), epoch: z.int() });

const policy = { lease: '1s', retry: { maxAttempts: 100 } } as const;

const makerOf = ({ fencingToken, runId, task }: Context) => ({ task, run: runId, epoch: fencingToken });

/** Works for a while, and says under which epoch. Made to be killed in the middle. */
export const work = defineTask({
  ...policy,
  name: 'work',
  input: z.object({ ms: z.int() }),
  run: async ({ ms }, ctx) => {
    // It heeds no signal: a zombie finishes its work and tries to commit it.
    await pause(ms);
    return { made: [makerOf(ctx)] };
  },
});

/** What goes through a workflow: a number, and who had which step. */
const piece = z.object({ ms: z.int(), n: z.int(), made: z.array(maker) });
type Piece = z.infer<typeof piece>;

/** Adds up what the runs gave that it depends on; as `work` otherwise. */
export const gather = defineTask({
  ...policy,
  name: 'gather',
  input: z.object({ ms: z.int() }),
  run: async ({ ms }, ctx) => {
    await pause(ms);
    const given = Object.entries(ctx.dependencies as Record<string, Piece>);
    return { made: [makerOf(ctx)], from: given.map(([run, { n }]) => ({ run, n })) };
  },
});

async function make({ made, ms }: Piece, ctx: Context, n: number): Promise<Piece> {
  await pause(ms);
  return { ms, n, made: [...made, makerOf(ctx)] };
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

const part = defineWorkflow('part', { input: piece }).step(add).step(double).build();

/** A run of its own, and somebody's word, that may come at any time. */
export const order = defineWorkflow('order', { input: piece })
  .step(add)
  .child(part)
  .awaitSignal('agreed', { schema: z.int(), merge: (given, more) => ({ ...given, n: given.n + more }) })
  .step(double)
  .build();

/** What comes with the signal to an order. */
export const agreed = 1_000;

/** What workflows make of a number, and the tasks that it comes through on its way. */
export const meanings = {
  flow: {
    of: (n: number) => (n + 1) * 2 + n * 2 + 600,
    tasks: ['add', 'double', 'double', 'count', 'count', 'count'],
  },
  order: {
    of: (n: number) => ((n + 1 + 1) * 2 + agreed) * 2,
    tasks: ['add', 'add', 'double', 'double'],
  },
} as const;
