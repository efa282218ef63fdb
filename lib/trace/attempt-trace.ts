import {
  type Attributes,
  type Context,
  context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type TimeInput,
  trace,
} from '@opentelemetry/api';
import type { EpochMs } from '../model/time.ts';
import type { Clock } from '../ports/clock.ts';
import { type Claimed, readySince } from './claimed.ts';
import {
  beginSpan,
  contextOf,
  endSpan,
  errorTypeOf,
  isTracing,
  markFailed,
  messagingAttributes,
  traceparentOf,
  within,
} from './spans.ts';

interface Ended {
  readonly settled: string;
  /** Of an attempt that failed. */
  readonly error?: string;
}

/** Milliseconds alone would be taken for those since the process began. */
const at = (time: EpochMs): TimeInput => new Date(time);

/**
 * The spans of one attempt, in the trace of its run:
 *
 * ```
 * submit ─┬─ wait        from when the node was ready to its claim
 *         └─ process ─┬─ claim
 *                     ├─ limit    from when a limit was reached first to when it let the attempt begin
 *                     ├─ handle ── what the handler begins
 *                     └─ commit
 * ```
 *
 * A node that its holder goes on with has neither waited nor been claimed: the commit before it did both.
 */
export class AttemptTrace {
  readonly #clock: Clock;
  readonly #claimed: Claimed;
  readonly #task: string;
  readonly #span: Span;
  readonly #context: Context;
  #handler: { readonly span: Span; endedAt?: EpochMs } | undefined;
  #isHandled = false;
  readonly #claim: { readonly parent: Context; readonly began: EpochMs; readonly ended: EpochMs } | undefined;

  /** Made by `traceAttempt` only. */
  constructor(clock: Clock, claimed: Claimed, task: string, claimBegan: EpochMs | undefined) {
    const { run } = claimed;
    this.#clock = clock;
    this.#claimed = claimed;
    this.#task = task;
    const parent = run.traceparent === undefined ? ROOT_CONTEXT : contextOf(run.traceparent);
    const now = clock.now();
    const attributes = attributesOf(claimed, task);
    const startTime = at(claimBegan ?? now);
    const kind = SpanKind.CONSUMER;
    const links = linksTo(parent);
    this.#span = beginSpan(`process ${task}`, { kind, attributes, links, startTime }, parent);
    this.#context = trace.setSpan(parent, this.#span);
    if (claimBegan !== undefined) this.#claim = { parent, began: claimBegan, ended: now };
  }

  /** To hand on: what is begun with it is below the handler, if that has begun. */
  get traceparent(): string | undefined {
    const span = this.#handler?.span ?? this.#span;
    return traceparentOf(span.spanContext()) ?? this.#claimed.run.traceparent;
  }

  /** All of the attempt, whose span ends with it. */
  async around<T extends Ended>(attempt: () => Promise<T>): Promise<T> {
    const span = this.#span;
    try {
      const ended = await context.with(this.#context, attempt);
      span.setAttribute('holdfast.settled', ended.settled);
      const error = ended.settled === 'lost' ? 'LeaseLost' : ended.error;
      if (error !== undefined) markFailed(span, error);
      return ended;
    } catch (error) {
      markFailed(span, errorTypeOf(error));
      throw error;
    } finally {
      this.#tellClaim();
      endSpan(span, at(this.#clock.now()));
    }
  }

  /** The handler's own code. Its span ends when it is known what came of it: `handled`. */
  async handle<T>(work: () => T | Promise<T>): Promise<T> {
    // It begins too late to be waited for.
    if (this.#isHandled) return await work();
    const { fence, run } = this.#claimed;
    const now = this.#clock.now();
    const node = run.nodes[fence.node];
    const limited = node?.limited?.attempt === node?.attempt ? node?.limited : undefined;
    if (limited) {
      const attributes = { 'holdfast.limit': limited.name };
      this.#record(`limit ${limited.name}`, Math.min(limited.since, now), { attributes, end: now });
    }
    const span = beginSpan(`handle ${this.#task}`, { startTime: at(now) }, this.#context);
    const handler: { readonly span: Span; endedAt?: EpochMs } = { span };
    this.#handler = handler;
    try {
      return await context.with(trace.setSpan(this.#context, span), async () => work());
    } finally {
      handler.endedAt = this.#clock.now();
    }
  }

  /** Ends the handler's span, also of a handler that goes on although nobody waits for it any more. */
  handled(error: string | undefined): void {
    this.#isHandled = true;
    if (!this.#handler) return;
    const { endedAt = this.#clock.now(), span } = this.#handler;
    if (error !== undefined) markFailed(span, error);
    endSpan(span, at(endedAt));
  }

  async commit<T>(work: () => Promise<T>): Promise<T> {
    const span = beginSpan(`commit ${this.#task}`, { startTime: at(this.#clock.now()) }, this.#context);
    return await within(span, this.#context, work, () => at(this.#clock.now()));
  }

  renewed(): void {
    this.#span.addEvent('holdfast.lease.renewed', undefined, at(this.#clock.now()));
  }

  limitReached(name: string): void {
    this.#span.addEvent('holdfast.limit.reached', { 'holdfast.limit': name }, at(this.#clock.now()));
  }

  /** Told at the end of the attempt: where its worker dies before, none of them stands there without the others. */
  #tellClaim(): void {
    if (!this.#claim) return;
    const { began, ended, parent } = this.#claim;
    const { fence, run } = this.#claimed;
    const attributes = { 'holdfast.run': run.run, 'holdfast.node': fence.node };
    const ready = readySince(this.#claimed);
    if (ready !== undefined)
      this.#record(`wait ${this.#task}`, Math.min(ready, began), { attributes, parent, end: began });
    this.#record(`claim ${this.#task}`, began, { end: ended });
  }

  /** What is over already. */
  #record(
    name: string,
    start: EpochMs,
    {
      attributes = {},
      end,
      parent = this.#context,
    }: { attributes?: Attributes; end: EpochMs; parent?: Context },
  ): void {
    endSpan(beginSpan(name, { attributes, startTime: at(start) }, parent), at(end));
  }
}

/**
 * Undefined where nothing is traced.
 *
 * @param claimBegan absent for a node that its holder goes on with
 */
export const traceAttempt = (
  clock: Clock,
  claimed: Claimed,
  task: string,
  claimBegan: EpochMs | undefined,
): AttemptTrace | undefined => (isTracing() ? new AttemptTrace(clock, claimed, task, claimBegan) : undefined);

function attributesOf({ fence, run, takenOver }: Claimed, task: string): Attributes {
  const node = run.nodes[fence.node];
  return {
    ...messagingAttributes('process', 'process'),
    'messaging.destination.name': node?.pool ?? run.pool,
    'messaging.message.conversation_id': run.run,
    'holdfast.run': run.run,
    'holdfast.node': fence.node,
    'holdfast.task': task,
    ...(run.kind === 'workflow' && { 'holdfast.workflow': run.name }),
    'holdfast.attempt': node?.attempt ?? 0,
    'holdfast.epoch': fence.epoch,
    ...(takenOver && { 'holdfast.taken_over': true }),
  };
}

/** What is active where messages are received, an invocation say, is of another trace: many runs go through it. */
function linksTo(parent: Context): Link[] {
  const active = trace.getSpanContext(context.active());
  return active && active.traceId !== trace.getSpanContext(parent)?.traceId ? [{ context: active }] : [];
}
