import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { SimpleSpanProcessor, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { defineTask, defineWorkflow } from 'holdfast';
import * as z from 'zod';

/*
 * A tasks module that switches tracing on, as users do: whatever process loads the tasks, the API's and every
 * executor's, registers the SDK with them. Where the spans go is said by OTEL_EXPORTER_OTLP_ENDPOINT.
 */

/** Says of each span which process it is of. */
const naming: SpanProcessor = {
  onStart: (span) => void span.setAttribute('process.pid', process.pid),
  onEnd: () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(
  new TracerProvider({
    spanProcessors: [naming, new SimpleSpanProcessor({ exporter: new OTLPTraceExporter() })],
  }),
);

const Url = z.url();

/** Its first attempt never ends, its second fails. */
export const mortal = defineTask({
  name: 'mortal',
  input: Url,
  lease: '3s',
  retry: { maxAttempts: 3, backoff: '0ms' },
  run: async (url, { attempt }) => {
    if (attempt === 1) await fetch(url, { method: 'POST' });
    if (attempt === 2) throw new RangeError(`not at ${url}`);
    return attempt;
  },
});

const begin = defineTask({ name: 'begin', input: Url, run: (url) => url });

/** Is answered once both branches ask: on two executors at once, or never. */
const meet = defineTask({
  name: 'meet',
  input: Url,
  run: async (url, { signal }) => {
    const { ok } = await fetch(url, { method: 'POST', signal });
    return ok;
  },
});

const finish = defineTask({
  name: 'finish',
  input: z.boolean(),
  run: (met) => {
    // What a handler begins itself.
    trace.getTracer('mine').startActiveSpan('query', (span) => span.end());
    return met;
  },
});

export const meeting = defineWorkflow('meeting', { input: Url })
  .step(begin)
  .fork({ here: (b) => b.step(meet), there: (b) => b.step(meet) })
  .join('both', ({ here, there }) => here && there)
  .step(finish)
  .build();
