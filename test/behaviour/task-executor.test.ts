import { currentContext, defineTask, defineWorkflow, NonRetryableError, type TaskExecutor } from 'holdfast';
import { Worker } from 'holdfast/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';

/** What a worker that only hands tasks on knows of them: their shapes. */
const shout = defineTask({
  name: 'shout',
  input: z.object({ text: z.string().trim(), times: z.int().default(2) }),
  output: z.object({ text: z.string(), attempt: z.int().optional() }),
});
const measure = defineTask({ name: 'measure', input: z.object({ text: z.string() }), output: z.int() });
const own = defineTask({ name: 'own', input: z.int(), run: (n) => ({ doubled: n * 2 }) });
const loud = defineWorkflow('loud', { input: z.object({ text: z.string() }) })
  .map('trim', ({ text }) => ({ text }))
  .step(shout)
  .step(measure)
  .step(own)
  .build();

const asked: { task: string; input: unknown; runId: string; isCurrent: boolean }[] = [];
let runtime: LocalRuntime;

beforeAll(async () => {
  runtime = await startLocal({
    tasks: { shout, measure, loud },
    port: 0,
    executor: async (task, input, ctx) => {
      asked.push({ task, input, runId: ctx.runId, isCurrent: currentContext() === ctx });
      const { text, times = 0 } = input as { text: string; times?: number };
      if (text === 'not now' && ctx.attempt === 1) throw new Error('not yet');
      if (text === 'never') throw new NonRetryableError('no');
      if (text === 'wrong') return { text: 7 };
      return task === 'measure' ? text.length : { text: text.repeat(times), attempt: ctx.attempt };
    },
    settings: { backoff: '1ms' },
  });
});
afterAll(() => runtime.close());

it('one executor runs every task that has no handler, with its input as the schema makes it', async () => {
  const run = await runtime.client.submit(shout, { text: ' hey ' });
  expect(await runtime.client.result(run)).toEqual({ text: 'heyhey', attempt: 1 });
  expect(asked).toContainEqual({
    task: 'shout',
    input: { text: 'hey', times: 2 },
    runId: run.id,
    isCurrent: true,
  });
});

it('steps of workflows, too; a task with a handler of its own keeps it', async () => {
  const run = await runtime.client.submit(loud, { text: 'ab' });
  expect(await runtime.client.result(run)).toEqual({ doubled: 8 });
  expect(asked.filter(({ runId }) => runId === run.id).map(({ task }) => task)).toEqual(['shout', 'measure']);
});

it('what it throws fails the attempt, what it returns is checked', async () => {
  const later = await runtime.client.submit(shout, { text: 'not now', times: 1 });
  expect(await runtime.client.result(later)).toEqual({ text: 'not now', attempt: 2 });
  const never = await runtime.client.submit(shout, { text: 'never' });
  expect(await runtime.client.wait(never)).toMatchObject({
    status: 'failed',
    attempt: 1,
    error: { type: 'NonRetryableError', message: 'no' },
  });
  const wrong = await runtime.client.submit(shout, { text: 'wrong' });
  expect(await runtime.client.wait(wrong)).toMatchObject({
    status: 'failed',
    error: { code: 'InvalidOutput', message: expect.stringContaining('output.text') },
  });
});

it('in a worker of its own', { timeout: 60_000 }, async () => {
  const own = { shout, loud };
  await using stack = await startLocal({ tasks: own, port: 0, workers: 0 });
  const run = await stack.client.submit(shout, { text: 'hey' });
  const executor: TaskExecutor = (task, input) => ({ text: `${task} ${JSON.stringify(input)}` });
  await using _ = new Worker(own, { env: stack.env, executor }).spawn();
  expect(await stack.client.result(run, { timeout: '40s' })).toEqual({
    text: 'shout {"text":"hey","times":2}',
  });
});

it('is refused beside a tasks file, whose executors are other processes', async () => {
  const tasks = new URL('./workflows.ts', import.meta.url);
  await expect(startLocal({ tasks, port: 0, executor: () => 1 })).rejects.toMatchObject({
    code: 'InvalidSetting',
    field: 'executor',
  });
});
