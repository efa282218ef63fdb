import { defineTask } from 'holdfast';
import * as z from 'zod';

/** Fails its first `times` attempts, for ever without it. */
export const fail = defineTask({
  name: 'fail',
  input: z.strictObject({ message: z.string().max(10_000), times: z.int().min(0).optional() }),
  retry: { maxAttempts: 5, backoff: '100ms' },
  run: ({ message, times = Number.POSITIVE_INFINITY }, { attempt }) => {
    if (attempt <= times) throw new Error(message);
    return { attempts: attempt };
  },
});
