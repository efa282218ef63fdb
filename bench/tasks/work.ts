import { type Body, defineTask, defineWorkflow } from 'holdfast';
import * as z from 'zod';

/** The least that a task can be about: what is measured is everything around it. */
export const addOne = defineTask({ name: 'add-one', input: z.number(), run: (n: number) => n + 1 });

export const threeSteps = defineWorkflow('three-steps', { input: z.number() })
  .step(addOne, { id: 'first' })
  .step(addOne, { id: 'second' })
  .step(addOne, { id: 'third' })
  .build();

const branch: Body<number, number> = (b) => b.step(addOne);
const branches = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`branch-${at}`, branch]));

export const forkOfTen = defineWorkflow('fork-of-10', { input: z.number() })
  .fork(branches)
  .join('sum', (outputs) => Object.values(outputs).reduce((sum, n) => sum + n, 0))
  .build();
