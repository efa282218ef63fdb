import type { Context } from 'hono';
import type { Ms } from '../model/time.ts';
import { type Clock, sleep } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';

/** One message of a stream of server-sent events. */
export interface ServerEvent {
  /** What a client gives back as `Last-Event-ID` to go on from here. */
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

export interface StreamOptions {
  /** What a client may give back as `Last-Event-ID` although nothing was told since. */
  readonly position?: () => string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What stands between client and API takes a silent connection for a dead one, mostly after a minute. */
const heartbeatMs: Ms = 15_000;
/** How soon a client comes back after the end of a stream that was cut. */
const retryMs: Ms = 1_000;
/** What an invocation keeps of its time to end its stream itself. */
const leaveMs: Ms = 2_000;

/** Where an answer reaches its reader as a whole, it waits for no more than comes together. */
const restMs: Ms = 100;

/** Ends whatever feeds a stream: once its reader has gone, or its invocation nears its end. */
export function streamLifetime(c: Context, clock: Clock): AbortController {
  const lifetime = new AbortController();
  const endsIn = invocationOf(c).invocation?.getRemainingTimeInMillis();
  const timer =
    endsIn === undefined
      ? undefined
      : clock.after(Math.max(0, endsIn - leaveMs), () => lifetime.abort(), { background: true });
  const gone = c.req.raw.signal;
  const end = () => lifetime.abort();
  const release = () => {
    timer?.cancel();
    gone.removeEventListener('abort', end);
  };
  lifetime.signal.addEventListener('abort', release, { once: true });
  if (gone.aborted) end();
  else gone.addEventListener('abort', end, { once: true });
  return lifetime;
}

/**
 * The events as the body of an answer. They are asked for as fast as they are read, one at a time; with nothing to tell, a
 * comment is sent every 15 s.
 * Where an answer cannot be streamed, it ends once something was told: the client comes back for more.
 *
 * @param lifetime of what feeds the stream; aborted here when the reader goes
 */
export function eventStream(
  c: Context,
  events: AsyncIterator<ServerEvent, unknown>,
  lifetime: AbortController,
  { clock, logger, position }: StreamOptions,
): Response {
  const encoder = new TextEncoder();
  const { isBuffered } = invocationOf(c);
  let next: Promise<IteratorResult<ServerEvent, unknown>> | undefined;
  let isBegun = false;
  let isTold = false;
  const chunk = async (): Promise<string | undefined> => {
    if (!isBegun) {
      isBegun = true;
      return `retry: ${retryMs}\n\n`;
    }
    next ??= events.next();
    const isLongPoll = isBuffered && isTold;
    const answer = await unlessSilent(next, isLongPoll ? restMs : heartbeatMs, clock);
    if (answer === undefined) return isLongPoll ? undefined : `${positionOf(position?.())}: still here\n\n`;
    next = undefined;
    isTold = true;
    return answer.done ? undefined : textOf(answer.value);
  };
  const end = () => {
    lifetime.abort();
    // Whatever comes now, nobody reads it.
    next?.catch(() => {});
  };
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const text = await chunk().catch((error: unknown) => {
          if (!lifetime.signal.aborted)
            logger.warn('a stream of events was cut', { path: c.req.path, error });
          return undefined;
        });
        if (text !== undefined) return controller.enqueue(encoder.encode(text));
        end();
        controller.close();
      },
      cancel() {
        end();
      },
    },
    { highWaterMark: 0 },
  );
  return c.body(body, 200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
}

/** The event, or undefined where none comes for a while. */
async function unlessSilent<T>(next: Promise<T>, patience: Ms, clock: Clock): Promise<T | undefined> {
  const told = new AbortController();
  try {
    return await Promise.race([next, sleep(clock, patience, told.signal).then(() => undefined)]);
  } finally {
    told.abort();
  }
}

/** An id without data: it is kept as the last one, and no message. */
const positionOf = (id: string | undefined): string => (id === undefined ? '' : `id: ${id}\n`);

/** JSON has no line breaks outside of strings, and escapes those within. */
const textOf = ({ data, event, id }: ServerEvent): string =>
  `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

interface Invocation {
  readonly getRemainingTimeInMillis: () => number;
}

/** What hono hands on of an invocation of a function: under another name where its answer is a stream. */
function invocationOf({ env }: Context): { readonly invocation?: Invocation; readonly isBuffered: boolean } {
  const { context, lambdaContext } = (env ?? {}) as { context?: unknown; lambdaContext?: unknown };
  if (isInvocation(context)) return { invocation: context, isBuffered: false };
  return isInvocation(lambdaContext)
    ? { invocation: lambdaContext, isBuffered: true }
    : { isBuffered: false };
}

function isInvocation(context: unknown): context is Invocation {
  if (typeof context !== 'object' || context === null) return false;
  return typeof Reflect.get(context, 'getRemainingTimeInMillis') === 'function';
}
