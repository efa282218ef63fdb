import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { again, decision, defineTask, defineWorkflow, done } from 'holdfast';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { VirtualSystem } from '../../support/virtual-system.ts';

const given = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const seen: (string | undefined)[] = [];

const work = defineTask({
  name: 'work',
  input: z.number(),
  run: async (n: number, ctx) => {
    seen.push(ctx.traceparent);
    // What a handler does itself.
    await trace.getTracer('mine').startActiveSpan('query', async (span) => span.end());
    return n + 1;
  },
});
const poll = defineTask({
  name: 'poll',
  input: z.number(),
  output: decision({ again: z.number(), done: z.number() }),
  run: (n: number) => (n > 4 ? done(n) : again(n + 1)),
});
const failing = defineTask({
  name: 'failing',
  input: z.null(),
  retry: { maxAttempts: 1 },
  run: () => {
    throw new Error('broken');
  },
});
const flow = defineWorkflow('flow', { input: z.number() })
  .step(work, { id: 'first' })
  .fork({ a: (b) => b.step(work), b: (b) => b.step(work) })
  .join('sum', ({ a, b }) => a + b)
  .loop('until', (b) => b.step(poll), { maxIterations: 5 })
  .build();

const quiet = defineTask({ name: 'quiet', input: z.number(), run: (n: number) => n });
const asking = defineWorkflow('asking', { input: z.number() })
  .step(work)
  .awaitSignal('go', { schema: z.number(), merge: (value) => value })
  .build();

beforeEach(() => {
  seen.length = 0;
});

describe('with an SDK', () => {
  const exporter = new InMemorySpanExporter();
  beforeEach(() => {
    exporter.reset();
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(
      new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
    );
  });
  afterEach(() => {
    trace.disable();
    context.disable();
  });
  const spans = () => exporter.getFinishedSpans();
  const named = (name: string) => spans().filter((span) => span.name === name);

  it('a run over several workers is one trace, from its submission on', async () => {
    const system = new VirtualSystem({ flow });
    const run = await system.client.submit(flow, 1);
    for (let worker = 1; system.queue.sent.length > 0; worker++) {
      await system.executeNext(system.executor(`worker-${worker}`));
    }
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded' });
    expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1);
    const [submission] = named('submit flow');
    const attempts = spans().filter(({ name }) => name.startsWith('process '));
    expect(attempts.map(({ attributes }) => attributes['holdfast.node']).sort()).toEqual([
      'first',
      'sum',
      'sum/a/work',
      'sum/b/work',
      'until/poll',
    ]);
    for (const attempt of attempts) {
      expect(attempt.parentSpanContext?.spanId).toBe(submission?.spanContext().spanId);
      expect(attempt.attributes).toMatchObject({
        'holdfast.run': run.id,
        'holdfast.workflow': 'flow',
        'holdfast.settled': 'succeeded',
      });
    }
    // A handler's own spans are below its attempt's, and so is what it hands on.
    const ids = named('handle work').map((span) => span.spanContext().spanId);
    expect(named('query').map((span) => span.parentSpanContext?.spanId)).toEqual(ids);
    expect(seen.map((text) => text?.split('-')[2])).toEqual(ids);
  });

  it('goes on with the trace of the caller, given or active', async () => {
    const system = new VirtualSystem({ work });
    await system.client.submit(work, 1, { traceparent: given });
    await system.drive();
    expect(spans().every((span) => span.spanContext().traceId === given.split('-')[1])).toBe(true);
    exporter.reset();
    await trace.getTracer('caller').startActiveSpan('request', async (span) => {
      await system.client.submit(work, 1);
      span.end();
    });
    await system.drive();
    const [request] = named('request');
    expect(named('submit work')[0]?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
    expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1);
  });

  it('marks what failed', async () => {
    const system = new VirtualSystem({ failing });
    await system.client.submit(failing, null);
    await system.drive();
    expect(named('process failing')[0]).toMatchObject({
      status: { code: 2, message: 'Error' },
      attributes: {
        'error.type': 'Error',
        'holdfast.attempt': 1,
        'holdfast.settled': 'failed',
      },
    });
    await expect(system.client.submit(failing, 1 as never)).rejects.toMatchObject({ code: 'InvalidInput' });
    expect(named('submit failing')[1]?.status.code).toBe(2);
  });

  it('what was waited for from outside is not told as time in the queue', async () => {
    const system = new VirtualSystem({ asking });
    const run = await system.client.submit(asking, 1);
    await system.drive();
    await system.clock.advance(4_000);
    await system.client.signal(run, 'go', 2);
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', output: 2 });
    expect(named('process go')).toHaveLength(1);
    expect(named('claim go')).toHaveLength(1);
    expect(named('wait go')).toEqual([]);
  });

  it('work does not fail because what is registered does', async () => {
    const processor: SpanProcessor = {
      onStart: () => {
        throw new Error('a defect of a processor');
      },
      onEnd: () => {
        throw new Error('another');
      },
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    for (const broken of [processor, { ...processor, onStart: () => {} }]) {
      trace.disable();
      trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [broken] }));
      const system = new VirtualSystem({ quiet });
      const run = await system.client.submit(quiet, 1);
      await system.drive();
      expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', attempt: 1 });
    }
  });

  it('refuses what is no traceparent, as without an SDK', async () => {
    const system = new VirtualSystem({ work });
    const submitted = system.client.submit(work, 1, { traceparent: 'hostile' });
    await expect(submitted).rejects.toMatchObject({ code: 'InvalidArgument', field: 'traceparent' });
  });
});

it('spans reach an OTLP endpoint', async () => {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      bodies.push(body);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${port}/v1/traces` });
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  trace.setGlobalTracerProvider(provider);
  try {
    const system = new VirtualSystem({ work });
    await system.client.submit(work, 1, { traceparent: given });
    await system.drive();
    await provider.forceFlush();
    const text = bodies.join();
    expect(text).toContain('"name":"submit work"');
    expect(text).toContain('"name":"process work"');
    expect(text.split(given.split('-')[1] ?? '').length - 1).toBeGreaterThanOrEqual(2);
  } finally {
    trace.disable();
    await provider.shutdown();
    server.close();
  }
});

it('without an SDK the traceparent goes through as it is', async () => {
  const system = new VirtualSystem({ work });
  await system.client.submit(work, 1, { traceparent: given });
  await system.client.submit(work, 2);
  await system.drive();
  expect(seen).toEqual([given, undefined]);
});
