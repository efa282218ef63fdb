import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Context } from '../../define/context.ts';
import { defineTask } from '../../define/task.ts';
import { again, type Decision, decision, done } from '../../define/workflow/decision.ts';
import { NonRetryableError } from '../../model/errors.ts';
import type { Ms } from '../../model/time.ts';
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

export const piece: StandardSchemaV1<Piece, Piece> = {
  '~standard': { version: 1, vendor: 'holdfast', validate: (value) => ({ value: value as Piece }) },
};
const pieces: StandardSchemaV1<Readonly<Record<string, Piece>>, Readonly<Record<string, Piece>>> = {
  '~standard': {
    version: 1,
    vendor: 'holdfast',
    validate: (value) => ({ value: value as Readonly<Record<string, Piece>> }),
  },
};

/** What a step says that never succeeds. */
export const death = 'never';
const tries = { maxAttempts: 4 };

async function labour(given: Piece, ctx: Context): Promise<void> {
  await work(given.ms, ctx.signal);
  if (given.dies === ctx.taskId) throw new NonRetryableError(death);
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

export const add = step('add', (n) => n + 1);
export const double = step('double', (n) => n * 2);
export const sum = defineTask({
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

export const decides = (n: number, enough: number, given: Piece): Decision<Piece, Piece> =>
  n >= enough ? done({ ...given, n }) : again({ ...given, n });

/** Ends a loop's body: goes on until the number is a multiple of four. */
export const count = defineTask({
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
