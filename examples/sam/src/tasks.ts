import { defineTask } from 'holdfast';
import * as z from 'zod';

/** Yours go here: every exported task and workflow can be submitted. */
export const total = defineTask({
  name: 'total',
  input: z.object({ numbers: z.array(z.number()) }),
  run: ({ numbers }) => ({ sum: numbers.reduce((sum, each) => sum + each, 0) }),
});
