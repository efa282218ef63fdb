import { externalTasks } from 'holdfast/external';
import * as z from 'zod';

/** Tasks written in Python: `npm start -- --tasks examples/python/tasks.ts`. */
export const { 'word-count': wordCount, 'prime-sum': primeSum } = externalTasks({
  command: 'python3',
  args: [new URL('./worker.py', import.meta.url)],
  tasks: {
    'word-count': {
      input: z.strictObject({ path: z.string().min(1), top: z.int().min(1).max(100).default(3) }),
      output: z.object({
        words: z.int(),
        top: z.array(z.object({ word: z.string(), times: z.int() })),
      }),
      timeout: '1m',
    },
    'prime-sum': {
      input: z.strictObject({ below: z.int().min(2).max(10_000_000) }),
      output: z.int(),
      timeout: '10m',
    },
  },
});
