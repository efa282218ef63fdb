import { createRequire } from 'node:module';
import * as api from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { defineTask } from 'holdfast';
import { afterEach, expect, it } from 'vitest';
import * as z from 'zod';
import { RecordedSpans } from '../../support/telemetry.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

const quick = defineTask({ name: 'quick', input: z.null(), run: () => null });

afterEach(() => api.trace.disable());

it('what another copy of the API registered, as a layer beside a bundle does', async () => {
  const other: typeof api = createRequire(import.meta.url)('@opentelemetry/api');
  expect(other.trace).not.toBe(api.trace);
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  expect(other.trace.setGlobalTracerProvider(provider)).toBe(true);
  const system = new VirtualSystem({ quick });
  await system.client.submit(quick, null);
  await system.drive();
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toContain('process quick');
});

it('of the trace that is given, what is active is nearer; of another trace, it is not', async () => {
  using spans = new RecordedSpans();
  const system = new VirtualSystem({ quick });
  const tracer = api.trace.getTracer('server');
  await tracer.startActiveSpan('caller', { root: true }, async (caller) => {
    const { spanId, traceId } = caller.spanContext();
    const traceparent = `00-${traceId}-${spanId}-01`;
    await tracer.startActiveSpan('request', async (request) => {
      await system.client.submit(quick, null, { traceparent });
      request.end();
    });
    await tracer.startActiveSpan('elsewhere', { root: true }, async (elsewhere) => {
      await system.client.submit(quick, null, { traceparent });
      elsewhere.end();
    });
    caller.end();
  });
  const submissions = spans.tree().filter((path) => path.endsWith('submit quick'));
  expect(submissions).toEqual(['request > submit quick', 'caller > submit quick']);
});
