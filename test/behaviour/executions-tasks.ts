import { setTimeout as pause } from 'node:timers/promises';
import { defineTask, NonRetryableError } from 'holdfast';
import * as z from 'zod';

/** What executions name; a module of its own, so that executor processes load it. */

export const report = defineTask({
  name: 'report',
  input: z.object({ lines: z.int(), fails: z.boolean().default(false) }),
  run: async ({ fails, lines }, ctx) => {
    for (let line = 0; line < lines; line += 1) console.log('line %d', line);
    ctx.logger.warn('counted', { lines });
    ctx.setVariable('lines', lines);
    if (fails) throw new NonRetryableError('as it was asked to');
    return { lines, execution: ctx.execution, tenant: ctx.tenant };
  },
});
export const slow = defineTask({
  name: 'slow',
  input: z.unknown(),
  run: async (_, { signal }) => await pause(60_000, 'done', { signal }),
});
