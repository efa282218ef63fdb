import {
  type Attributes,
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  SpanStatusCode,
  type TimeInput,
  TraceFlags,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { HoldfastError } from '../model/errors.ts';
import { version } from '../version.ts';

/*
 * Spans by OpenTelemetry's API, which does nothing until the program registers an SDK. The one trace of a run begins
 * with its submission; its context lies in the run, so that every worker that comes to it goes on with the same trace.
 * What goes in, comes out or is thrown is in no span: they are kept elsewhere, and read by others, than the runs.
 */

/** What the API hands out where nothing is registered. */
const none: TracerProvider = new ProxyTracerProvider().getDelegate();

/** What is registered: the API hands out a proxy of it. */
export function registeredTracerProvider(): TracerProvider | undefined {
  const proxy: TracerProvider & { getDelegate?: () => TracerProvider } = trace.getTracerProvider();
  const provider = proxy.getDelegate?.() ?? proxy;
  return provider === none ? undefined : provider;
}

export const isTracing = (): boolean => registeredTracerProvider() !== undefined;

/** No work fails because it is told of: what a program registered may throw. Then there is no such span. */
export function beginSpan(name: string, options: SpanOptions, parent: Context): Span {
  try {
    return trace.getTracer('holdfast', version).startSpan(name, options, parent);
  } catch {
    return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
  }
}

export function endSpan(span: Span, at?: TimeInput): void {
  try {
    span.end(at);
  } catch {
    // As above.
  }
}

/** Whoever begins something that outlives it, such as a worker, is not what that is part of. */
export const withoutSpan = <T>(work: () => T): T => context.with(ROOT_CONTEXT, work);

/**
 * Those of ours, beside the conventions' own: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 *
 * @param operation as the system calls it; `type` is the conventions' word for it
 */
export function messagingAttributes(operation: string, type: 'send' | 'process'): Attributes {
  return {
    'messaging.system': 'holdfast',
    'messaging.operation.name': operation,
    'messaging.operation.type': type,
  };
}

/**
 * By its code, else by its class: messages may tell what the task works on, and so may names that do not look like those
 * of errors. One that came from a thread or another language has its class in its name alone.
 */
export function errorTypeOf(thrown: unknown): string {
  try {
    if (thrown instanceof HoldfastError) return thrown.code;
    if (!(thrown instanceof Error)) return 'NonError';
    const known = [thrown.name, thrown.constructor.name];
    return known.find((name, index) => (index === 0 ? errorName : className).test(name)) ?? unknownType;
  } catch {
    // A getter, a proxy.
    return unknownType;
  }
}

const errorName = /^[A-Z]\w{0,50}(Error|Exception)$/;
const className = /^[A-Za-z_$][\w$]{0,63}$/;
/** The conventions' word. */
const unknownType = '_OTHER';

export function markFailed(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR, message: type });
}

/** Does the work within the span, which ends with it: by the clock that it began by, if that is not the SDK's. */
export async function within<T>(
  span: Span,
  parent: Context,
  work: () => Promise<T>,
  now?: () => TimeInput,
): Promise<T> {
  try {
    return await context.with(trace.setSpan(parent, span), work);
  } catch (error) {
    markFailed(span, errorTypeOf(error));
    throw error;
  } finally {
    endSpan(span, now?.());
  }
}

/** The context that a W3C traceparent names. */
export function contextOf(traceparent: string): Context {
  const [, traceId = '', spanId = '', flags = '00'] = traceparent.split('-');
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

/** Undefined where nothing is traced. */
export function traceparentOf(span: SpanContext): string | undefined {
  if (!isSpanContextValid(span)) return undefined;
  return `00-${span.traceId}-${span.spanId}-${(span.traceFlags & 0xff).toString(16).padStart(2, '0')}`;
}
