import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { isTraceparent } from '../model/traceparent.ts';

/*
 * Spans by OpenTelemetry's API, which does nothing until the program registers an SDK. The one trace of a run begins
 * with its submission; its context lies in the run, so that every worker that comes to it goes on with the same trace.
 */

const tracer = () => trace.getTracer('holdfast');

/** Spans and attributes are named so: https://opentelemetry.io/docs/specs/semconv/general/naming/ */
const attribute = (name: string) => `holdfast.${name}`;

/**
 * Submits within a span, whose context is what the run keeps.
 *
 * @param given by the caller; else the span that is active where it calls, if there is one
 */
export async function tracedSubmission<T>(
  name: string,
  given: string | undefined,
  submit: (traceparent: string | undefined) => Promise<T>,
): Promise<T> {
  // What is none is refused further on.
  if (given !== undefined && !isTraceparent(given)) return await submit(given);
  const parent = given === undefined ? context.active() : contextOf(given);
  const span = tracer().startSpan(`submit ${name}`, { kind: SpanKind.PRODUCER }, parent);
  return await within(span, parent, () => submit(traceparentOf(span.spanContext()) ?? given));
}

export interface TracedAttempt {
  /** Of the run. */
  readonly traceparent: string | undefined;
  /** The task's name, or the node's. */
  readonly name: string;
  readonly about: Readonly<Record<string, string | number | undefined>>;
}

/**
 * Makes an attempt within a span of its run's trace. What the handler begins is below it.
 *
 * @param work gets the context to hand on, and returns what became of it
 */
export async function tracedAttempt<T extends { readonly settled: string }>(
  { about, name, traceparent }: TracedAttempt,
  work: (traceparent: string | undefined) => Promise<T>,
): Promise<T> {
  const parent = traceparent === undefined ? ROOT_CONTEXT : contextOf(traceparent);
  const attributes: Attributes = Object.fromEntries(
    Object.entries(about).map(([key, value]) => [attribute(key), value]),
  );
  const span = tracer().startSpan(name, { kind: SpanKind.CONSUMER, attributes }, parent);
  return await within(span, parent, async () => {
    const ended = await work(traceparentOf(span.spanContext()) ?? traceparent);
    span.setAttribute(attribute('settled'), ended.settled);
    if (ended.settled === 'failed' || ended.settled === 'retrying' || ended.settled === 'lost') {
      span.setStatus({ code: SpanStatusCode.ERROR, message: ended.settled });
    }
    return ended;
  });
}

async function within<T>(span: Span, parent: Context, work: () => Promise<T>): Promise<T> {
  try {
    return await context.with(trace.setSpan(parent, span), work);
  } catch (error) {
    span.setStatus({
      code: SpanStatusCode.ERROR,
      message: error instanceof Error ? error.message : 'thrown',
    });
    throw error;
  } finally {
    span.end();
  }
}

/** The context that a W3C traceparent names. */
function contextOf(traceparent: string): Context {
  const [, traceId = '', spanId = '', flags = '00'] = traceparent.split('-');
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

/** Undefined where nothing is traced. */
function traceparentOf(span: SpanContext): string | undefined {
  if (!isSpanContextValid(span)) return undefined;
  return `00-${span.traceId}-${span.spanId}-${(span.traceFlags & 0xff).toString(16).padStart(2, '0')}`;
}
