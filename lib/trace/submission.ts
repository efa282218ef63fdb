import { type Attributes, type Context, context, SpanKind, trace } from '@opentelemetry/api';
import { isTraceparent } from '../model/traceparent.ts';
import { beginSpan, contextOf, isTracing, messagingAttributes, traceparentOf, within } from './spans.ts';

/**
 * Submits within a span, whose context is what the run keeps.
 *
 * @param what is submitted: the name of a definition, which there are few of
 * @param given by the caller; else the span that is active where it calls, if there is one
 * @param aboutOf what the span tells of what came of it
 */
export async function tracedSubmission<T>(
  what: string,
  given: string | undefined,
  submit: (traceparent: string | undefined) => Promise<T>,
  aboutOf: (submitted: T) => Attributes,
): Promise<T> {
  // What is no traceparent is refused further on.
  if (!isTracing() || (given !== undefined && !isTraceparent(given))) return await submit(given);
  const parent = parentOf(given);
  const attributes = messagingAttributes('submit', 'send');
  const span = beginSpan(`submit ${what}`, { kind: SpanKind.PRODUCER, attributes }, parent);
  return await within(span, parent, async () => {
    const submitted = await submit(traceparentOf(span.spanContext()) ?? given);
    span.setAttributes(aboutOf(submitted));
    return submitted;
  });
}

/** What a span tells of the run that it is about. */
export const aboutRun = (id: string): Attributes => ({
  'messaging.message.conversation_id': id,
  'holdfast.run': id,
});

/** Of the trace that is given, what is active here is the nearest: the server's span of a request, say. */
function parentOf(given: string | undefined): Context {
  const active = context.active();
  if (given === undefined) return active;
  const parent = contextOf(given);
  const isSame = trace.getSpanContext(active)?.traceId === trace.getSpanContext(parent)?.traceId;
  return isSame ? active : parent;
}
