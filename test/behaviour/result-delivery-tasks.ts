import { defineTask } from 'holdfast';
import * as z from 'zod';

export const total = defineTask({
  name: 'total',
  input: z.array(z.number()),
  retry: { maxAttempts: 1 },
  run: (numbers) => {
    if (numbers.length === 0) throw new Error('nothing to add up');
    return numbers.reduce((sum, each) => sum + each, 0);
  },
});
