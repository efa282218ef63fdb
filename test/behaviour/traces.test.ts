import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { defineTask, defineWorkflow } from 'holdfast';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { Worker } from '../../lib/worker/index.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const add = defineTask({ name: 'add', input: z.number(), run: (n: number) => n + 1 });
const flow = defineWorkflow('flow', { input: z.number() })
  .fork({ a: (b) => b.step(add), b: (b) => b.step(add) })
  .join('sum', ({ a, b }) => a + b)
  .step(add)
  .build();

const exporter = new InMemorySpanExporter();
let runtime: LocalRuntime;

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  );
  runtime = await startLocal({ tasks: { add, flow }, port: 0, workers: 2 });
});
afterAll(async () => {
  await runtime.close();
  trace.disable();
  context.disable();
});

it('the trace of an HTTP request goes on through table, queue and executors', async () => {
  const answer = await fetch(`${runtime.url}/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    body: JSON.stringify({ workflow: 'flow', input: 1 }),
  });
  const { id } = (await answer.json()) as { id: string };
  expect(await runtime.client.result(id, { timeout: '20s' })).toBe(5);
  const names = () => exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId);
  // The last span ends just after the result was written.
  await expect
    .poll(() =>
      names()
        .map(({ name }) => name)
        .sort(),
    )
    .toEqual(
      [
        'submit flow',
        // Branches come by the queue, each; the join and what follows it go on with its last holder.
        ...['add', 'add'].flatMap((task) => [`wait ${task}`, `claim ${task}`]),
        ...['add', 'add', 'add', 'sum'].flatMap((task) => [
          `process ${task}`,
          `handle ${task}`,
          `commit ${task}`,
        ]),
      ].sort(),
    );
});

it('a worker that was begun within a span is no part of it', async () => {
  const env = { ...process.env, ...runtime.env };
  const spawn = () => new Worker({ add, flow }, { env }).id('beside').spawn();
  await using worker = trace.getTracer('mine').startActiveSpan('startup', (span) => {
    span.end();
    return spawn();
  });
  await worker.ready;
  exporter.reset();
  const run = await runtime.client.submit(add, 1);
  expect(await runtime.client.result(run, { timeout: '20s' })).toBe(2);
  expect(await runtime.client.get(run)).toMatchObject({ workerId: 'beside' });
  const processed = () => exporter.getFinishedSpans().filter(({ name }) => name === 'process add');
  await expect.poll(() => processed().map(({ links }) => links)).toEqual([[]]);
});
