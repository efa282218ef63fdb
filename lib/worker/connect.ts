import { type ErrorCode, HoldfastError } from '../model/errors.ts';
import type { Ms } from '../model/time.ts';
import { type Clock, sleep } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';

const firstPauseMs: Ms = 100;
const pauseMsMax: Ms = 5_000;

/** What may be there a moment later. */
const passing: ReadonlySet<ErrorCode> = new Set(['StoreUnreachable', 'TableNotFound', 'QueueUnreachable']);

export const isPassing = (error: unknown): error is HoldfastError =>
  error instanceof HoldfastError && passing.has(error.code);

interface ConnectOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timeoutMs: Ms;
  /** Where it is that nobody answers, in words for people. */
  readonly endpoint: string;
  /** Ends the tries. */
  readonly signal: AbortSignal;
}

/**
 * Tries to reach something until it answers, with growing pauses.
 *
 * @returns whether it was reached; not if the signal fired before
 * @throws HoldfastError `StoreUnreachable`, `TableNotFound`, `QueueUnreachable` when the time is over, and at once what
 *   another try would not change
 */
export async function untilReached(attempt: () => Promise<void>, options: ConnectOptions): Promise<boolean> {
  const { clock, endpoint, logger, signal, timeoutMs } = options;
  const stop = new AbortController();
  const ends = AbortSignal.any([signal, stop.signal]);
  // An endpoint that takes requests and never answers must not take longer either.
  const over = sleep(clock, timeoutMs, ends).then(() => 'over' as const);
  let failure: HoldfastError | undefined;
  const tryOnce = async () => {
    try {
      await attempt();
      return 'reached' as const;
    } catch (error) {
      if (!isPassing(error)) throw error;
      failure = error;
      return 'failed' as const;
    }
  };
  try {
    for (let tries = 0; !signal.aborted; tries += 1) {
      const outcome = await Promise.race([tryOnce(), over]);
      if (outcome === 'reached') return true;
      if (signal.aborted) return false;
      if (outcome === 'failed') logger.warn('not reached, trying again', { endpoint, error: failure });
      const pause = sleep(clock, Math.min(firstPauseMs * 2 ** tries, pauseMsMax), ends);
      const isOver = outcome === 'over' || (await Promise.race([pause, over])) === 'over';
      if (isOver && !signal.aborted) throw unreached(endpoint, timeoutMs, failure);
    }
    return false;
  } finally {
    stop.abort();
  }
}

function unreached(endpoint: string, timeoutMs: Ms, failure: HoldfastError | undefined): HoldfastError {
  const { code, message } = failure ?? { code: 'StoreUnreachable', message: 'no answer at all' };
  // A queue names its own place.
  const where = code === 'QueueUnreachable' ? '' : ` at ${endpoint}`;
  const what = `Not reached within ${timeoutMs / 1_000} s${where}: ${message}`;
  return new HoldfastError(code, what, { cause: failure });
}
