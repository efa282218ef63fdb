import * as z from 'zod';
import { type AnyTask, defineTask } from '../../lib/define/task.ts';
import type { Builder } from '../../lib/define/workflow/builder.ts';
import { again, decision, done } from '../../lib/define/workflow/decision.ts';
import { defineWorkflow } from '../../lib/define/workflow/define-workflow.ts';

/** Workflows of any length and width, of tasks that do next to nothing: what they cost is Holdfast's own. */

export const addOne = defineTask({ name: 'add-one', input: z.number(), run: (n) => n + 1 });
const countDown = defineTask({
  name: 'count-down',
  input: z.int(),
  output: decision({ again: z.int(), done: z.string() }),
  run: (left) => (left > 1 ? again(left - 1) : done('done')),
});

export const begin = (name: string) => defineWorkflow(name, { input: z.unknown() }) as unknown as Builder;
export const steps = (chain: Builder, count: number, task: AnyTask = addOne): Builder =>
  Array.from({ length: count }).reduce<Builder>((built, _, at) => built.step(task, { id: `s${at}` }), chain);

export const chainOf = (count: number) => steps(begin(`chain-${count}`), count).build();

/** Branches of so many steps each, whose outputs are added up. */
export const forkOf = (branches: number, each: number) => {
  const bodies = Array.from({ length: branches }, (_, at) => [
    `b${at}`,
    (body: Builder) => steps(body, each),
  ]);
  const sum = (outputs: Record<string, number>) => Object.values(outputs).reduce((a, b) => a + b, 0);
  return begin(`fork-${branches}-${each}`).fork(Object.fromEntries(bodies)).join('sum', sum).build();
};

/** As many rounds as its input says. */
export const loopOf = (maxIterations: number) =>
  defineWorkflow(`loop-${maxIterations}`, { input: z.int() })
    .loop('rounds', (b) => b.step(countDown), { maxIterations })
    .build();
