import { expect, it } from 'vitest';
import * as z from 'zod';
import { defineTask } from '../../../lib/define/task.ts';
import { defineWorkflow } from '../../../lib/define/workflow/define-workflow.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

const input = z.number();
const add = defineTask({ name: 'add', input, run: (n) => n + 1 });
const sum = defineTask({
  name: 'sum',
  input: z.object({ a: z.number(), b: z.number() }),
  retry: { maxAttempts: 1 },
  run: ({ a, b }) => {
    if (a < 0) throw new RangeError('negative');
    return a + b;
  },
});
const forked = defineWorkflow('forked', { input })
  .fork({ a: (chain) => chain.step(add), b: (chain) => chain.step(add) })
  .join(sum)
  .build();

it('a join that failed is tried again with the input that it was given', async () => {
  const s = new VirtualSystem({ add, sum, forked });
  const run = await s.client.submit(forked, -5);
  await s.drive();
  expect(await s.client.get(run)).toMatchObject({ status: 'failed', error: { message: 'negative' } });
  const retried = await s.client.retry(run, { input: { a: 20, b: 22 } });
  await s.drive();
  expect(await s.client.get(retried)).toMatchObject({ status: 'succeeded', output: 42 });
});
