import type { Ms } from '../model/time.ts';
import { type Clock, sleep } from '../ports/clock.ts';

/** Resolves with `work`, or earlier: after this time, or when the signal fires. Rejects as `work` does. */
export async function atMost(clock: Clock, work: Promise<void>, ms: Ms, signal?: AbortSignal): Promise<void> {
  const done = new AbortController();
  const ends = signal ? AbortSignal.any([signal, done.signal]) : done.signal;
  try {
    await Promise.race([work, sleep(clock, ms, ends)]);
  } finally {
    done.abort();
  }
}
