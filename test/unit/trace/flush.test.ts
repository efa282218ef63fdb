import { trace } from '@opentelemetry/api';
import { BatchSpanProcessor, InMemorySpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { defineTask } from 'holdfast';
import { afterEach, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { flushTelemetry } from '../../../lib/trace/flush.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';
import { VirtualWorker } from '../../support/virtual-worker.ts';

afterEach(() => trace.disable());

const register = (forceFlush: () => Promise<void>) =>
  trace.setGlobalTracerProvider(Object.assign(new TracerProvider(), { forceFlush }));

it('sends what a batch still holds', async () => {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] }),
  );
  trace.getTracer('test').startSpan('work').end();
  expect(exporter.getFinishedSpans()).toEqual([]);
  await flushTelemetry();
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['work']);
});

it('sends it when a worker ends, whose process may end with it', async () => {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] }),
  );
  const quick = defineTask({ name: 'quick', input: z.null(), run: () => null });
  const system = new VirtualSystem({ quick });
  const worker = new VirtualWorker(system);
  await system.client.submit(quick, null);
  await system.clock.advance(1_000);
  worker.stop();
  await system.clock.advance(1_000);
  await worker.ended;
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toContain('process quick');
});

it('is nothing without an SDK', async () => {
  await expect(flushTelemetry()).resolves.toBeUndefined();
});

it('does not fail with what it flushes', async () => {
  const flushed = vi.fn(() => Promise.reject(new Error('no collector')));
  register(flushed);
  await expect(flushTelemetry()).resolves.toBeUndefined();
  expect(flushed).toHaveBeenCalledOnce();
});

it('does not wait for ever', async () => {
  register(() => new Promise(() => {}));
  await expect(flushTelemetry()).resolves.toBeUndefined();
});
