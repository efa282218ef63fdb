import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Context } from '../../define/context.ts';
import { defineTask } from '../../define/task.ts';
import { again, type Decision, decision, done } from '../../define/workflow/decision.ts';
import { defineWorkflow } from '../../define/workflow/define-workflow.ts';
import { NonRetryableError } from '../../model/errors.ts';
import type { Ms } from '../../model/time.ts';
import type { Prng } from './prng.ts';
import { finished, work } from './work.ts';

/** What goes from node to node: a number, and what becomes of the nodes that it comes to. */
export interface Piece {
  readonly n: number;
  /** How long each step works. */
  readonly ms: Ms;
  /** Steps, by their paths, whose first attempt fails. */
  readonly fails: readonly string[];
  /** The step that never succeeds. */
  readonly dies?: string;
  /** Makes outputs large, so that they lie apart or take finished nodes out of the run's item. */
  readonly ballast: string;
}

const piece: StandardSchemaV1<Piece, Piece> = {
  '~standard': { version: 1, vendor: 'holdfast', validate: (value) => ({ value: value as Piece }) },
};
const pieces: StandardSchemaV1<Readonly<Record<string, Piece>>, Readonly<Record<string, Piece>>> = {
  '~standard': {
    version: 1,
    vendor: 'holdfast',
    validate: (value) => ({ value: value as Readonly<Record<string, Piece>> }),
  },
};

const tries = { maxAttempts: 4 };

async function labour(given: Piece, ctx: Context): Promise<void> {
  await work(given.ms, ctx.signal);
  if (given.dies === ctx.taskId) throw new NonRetryableError('never');
  if (ctx.attempt === 1 && given.fails.includes(ctx.taskId)) throw new Error('once');
  finished(ctx);
}

const step = <const Name extends string>(name: Name, change: (n: number) => number) =>
  defineTask({
    name,
    input: piece,
    retry: tries,
    run: async (given: Piece, ctx): Promise<Piece> => {
      await labour(given, ctx);
      return { ...given, n: change(given.n) };
    },
  });

const add = step('add', (n) => n + 1);
const double = step('double', (n) => n * 2);
const sum = defineTask({
  name: 'sum',
  input: pieces,
  retry: tries,
  run: async (given: Readonly<Record<string, Piece>>, ctx): Promise<Piece> => {
    const all = Object.values(given);
    const [first] = all;
    if (!first) throw new NonRetryableError('there is nothing to add up');
    await labour(first, ctx);
    return { ...first, n: all.reduce((total, { n }) => total + n, 0) };
  },
});

const decides = (n: number, enough: number, given: Piece): Decision<Piece, Piece> =>
  n >= enough ? done({ ...given, n }) : again({ ...given, n });

/** Ends a loop's body: goes on until the number is a multiple of four. */
const count = defineTask({
  name: 'count',
  input: piece,
  output: decision({ again: piece, done: piece }),
  retry: tries,
  run: async (given: Piece, ctx) => {
    await labour(given, ctx);
    const n = given.n + 1;
    return decides(n, Math.ceil(n / 4) * 4, given);
  },
});

const input = piece;

const chain = defineWorkflow('chain', { input })
  .step(add)
  .map('less', (given) => ({ ...given, n: given.n - 3 }))
  .step(double)
  .step(add, { id: 'elsewhere', tags: ['elsewhere'] })
  .step(double, { id: 'last' })
  .build();

const forked = defineWorkflow('forked', { input })
  .fork({
    a: (b) => b.step(add).step(double),
    b: (b) => b.step(double),
    c: (b) => b.map('same', (given) => given),
  })
  .join(sum)
  .step(add)
  .build();

const nested = defineWorkflow('nested', { input })
  .fork({
    left: (b) =>
      b
        .fork({ x: (c) => c.step(add), y: (c) => c.step(double) })
        .join('inner', ({ x, y }) => ({ ...x, n: x.n + y.n }))
        .step(add),
    right: (b) => b.delay('rest', '5s').step(double),
  })
  .join('outer', ({ left, right }) => ({ ...left, n: left.n - right.n }))
  .build();

const routed = defineWorkflow('routed', { input })
  .branch(
    'by',
    ({ n }): 'zero' | 'one' | 'two' => (n % 3 === 0 ? 'zero' : n % 3 === 1 ? 'one' : 'two'),
    { zero: (b) => b.step(add).step(double), one: (b) => b },
    (b) =>
      b.fork({ p: (c) => c.step(add), q: (c) => c.step(double) }).join('both', ({ p, q }) => ({
        ...p,
        n: p.n * q.n,
      })),
  )
  .map('end', (given) => ({ ...given, n: given.n + 100 }))
  .build();

const looped = defineWorkflow('looped', { input })
  .loop('poll', (b) => b.step(count), { maxIterations: 10 })
  .loop('more', (b) => b.step(double).delay('pause', '2s').step(count), {
    maxIterations: 10,
    onMax: 'exitWithLast',
  })
  .step(add)
  .build();

const rounds = defineWorkflow('rounds', { input })
  .loop(
    'round',
    (b) =>
      b
        .fork({ x: (c) => c.step(add), y: (c) => c.step(double) })
        .join('both', ({ x, y }) => decides(x.n + y.n, 50, x)),
    { maxIterations: 3, onMax: 'exitWithLast' },
  )
  .build();

const deep = defineWorkflow('deep', { input })
  .fork({
    l: (b) =>
      b.loop(
        'outer',
        (c) =>
          c
            .loop('inner', (d) => d.step(count), { maxIterations: 5 })
            .map('check', (given) => decides(given.n + 1, 10, given)),
        { maxIterations: 4, onMax: 'exitWithLast' },
      ),
    r: (b) => b.step(double),
  })
  .join(sum)
  .build();

const delayed = defineWorkflow('delayed', { input })
  .step(add)
  .delay('short', '10s')
  .step(double)
  .delay('long', '20m')
  .step(add, { id: 'last' })
  .build();

const long = defineWorkflow('long', { input })
  .step(add, { id: 's1' })
  .step(add, { id: 's2' })
  .step(add, { id: 's3' })
  .fork({
    a: (b) =>
      b.step(add, { id: 't1' }).step(add, { id: 't2' }).step(add, { id: 't3' }).step(add, { id: 't4' }),
    b: (b) => b.step(double),
  })
  .join(sum)
  .step(double, { id: 's4' })
  .step(add, { id: 's5' })
  .step(add, { id: 's6' })
  .build();

export const workflows = { chain, forked, nested, routed, looped, rounds, deep, delayed, long };
export type WorkflowName = keyof typeof workflows;
const names = Object.keys(workflows) as WorkflowName[];

/** The steps that can fail or die, by their paths. */
const stepsOf = (name: WorkflowName): string[] =>
  [...workflows[name].nodes].flatMap(([path, { kind }]) => (kind === 'step' ? [path] : []));

export function someWork(prng: Prng): { workflow: WorkflowName; input: Piece } {
  // Some more of those whose finished nodes lie apart.
  const workflow = prng.pick([...names, 'long' as const]);
  const steps = stepsOf(workflow);
  const fails = prng.chance(0.4) ? [prng.pick(steps), prng.pick(steps)] : [];
  const ballast = 'x'.repeat(prng.pick(workflow === 'long' ? [200, 300, 1_200] : [0, 0, 0, 1_200]));
  return {
    workflow,
    input: {
      n: prng.between(0, 9),
      ms: prng.pick([0, 10, 1_000, 15_000, 40_000]),
      fails,
      ballast,
      ...(prng.chance(0.1) && { dies: prng.pick(steps) }),
    },
  };
}
