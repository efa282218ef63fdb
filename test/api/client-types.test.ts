import { expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import type { Client } from '../../lib/client/client.ts';
import { defineTask } from '../../lib/define/task.ts';
import { defineWorkflow } from '../../lib/define/workflow/define-workflow.ts';

const measure = defineTask({
  name: 'measure',
  input: z.object({ path: z.string() }),
  run: ({ path }) => ({ bytes: path.length }),
});
const report = defineWorkflow('report', {
  input: z.object({ path: z.string(), pages: z.coerce.number<string>() }),
})
  .map('file', ({ path, pages }) => ({ path, doubled: pages * 2 }))
  .step(measure)
  .map('text', ({ bytes }) => `${bytes} bytes`)
  .build();

/** Looked at by the compiler; nothing of it runs. */
const _typed = async (client: Client) => {
  const input = { path: 'a', pages: '3' };
  const run = await client.submit(report, input, { priority: 'high' });
  expectTypeOf(await client.result(run)).toEqualTypeOf<string>();
  const finished = await client.wait(run);
  if (finished.status === 'succeeded') expectTypeOf(finished.output).toEqualTypeOf<string>();
  const task = await client.submit(measure, { path: 'a' });
  expectTypeOf(await client.result(task)).toEqualTypeOf<{ bytes: number }>();
  expectTypeOf(await client.result(run.id)).toEqualTypeOf<unknown>();
  // @ts-expect-error the input of the workflow, not what its schema makes of it
  await client.submit(report, { path: 'a', pages: 3 });
  // @ts-expect-error a field is missing
  await client.submit(report, { path: 'a' });
  // @ts-expect-error not the input of its first step
  await client.submit(report, { path: 'a', doubled: 6 });
  const half = defineWorkflow('half', { input: z.number() }).map('same', (n) => n);
  // @ts-expect-error a builder is no workflow
  await client.submit(half, 1);
};

it('types runs by what was submitted', () => {
  expectTypeOf(_typed).toBeFunction();
});
