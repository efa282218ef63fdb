import * as z from 'zod';
import { type AnyTask, defineTask } from '../../lib/define/task.ts';
import type { Builder } from '../../lib/define/workflow/builder.ts';
import { again, decision, done } from '../../lib/define/workflow/decision.ts';
import { defineWorkflow } from '../../lib/define/workflow/define-workflow.ts';
import type { AnyWorkflow } from '../../lib/define/workflow/workflow.ts';
import { addOne } from '../tasks/work.ts';

export const giveBack = defineTask({ name: 'give-back', input: z.string(), run: (text) => text });

const countDown = defineTask({
  name: 'count-down',
  input: z.int(),
  output: decision({ again: z.int(), done: z.string() }),
  run: (left) => (left > 1 ? again(left - 1) : done('done')),
});

export const loop = defineWorkflow('loop', { input: z.int() })
  .loop('rounds', (b) => b.step(countDown), { maxIterations: 10_000 })
  .build();

/** Of a length or a width that no type knows. */
const begin = (name: string) => defineWorkflow(name, { input: z.unknown() }) as unknown as Builder;

export function chainOf(steps: number, task: AnyTask = addOne): AnyWorkflow {
  let chain = begin(`chain-${steps}`);
  for (let at = 0; at < steps; at++) chain = chain.step(task, { id: `s${at}` });
  return chain.build();
}

/** @param each what every branch does, after which its outputs are summed up */
function forkOf(name: string, width: number, each: (body: Builder) => unknown): AnyWorkflow {
  const branches = Object.fromEntries(Array.from({ length: width }, (_, at) => [`b${at}`, each]));
  const sum = (outputs: Record<string, number>) => Object.values(outputs).reduce((a, b) => a + b, 0);
  return begin(name).fork(branches).join('sum', sum).build();
}

/** Branches as nodes of one run: 64 at most. */
export const narrowForkOf = (width: number): AnyWorkflow =>
  forkOf(`fork-${width}`, width, (body) => body.step(addOne));

/** Wider ones as child runs, each of which forks as often again. @param side of a square: 32 makes 1,024 */
export function wideForkOf(side: number): AnyWorkflow {
  const child = narrowForkOf(side);
  return forkOf(`children-${side}`, side, (body) => body.child(child));
}
