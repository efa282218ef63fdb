import type { EpochMs, Ms } from '../model/time.ts';

/** A pending timer. Cancelling one that has fired or was cancelled does nothing. */
export interface Timer {
  cancel(): void;
}

export interface TimerOptions {
  /** A background timer keeps no process alive. */
  readonly background?: boolean;
}

/** Time as something that is passed in. It says when it is; whether that is the true time is not its promise. */
export interface Clock {
  now(): EpochMs;
  /** Calls `fire` once, `delay` milliseconds from now (0 = as soon as possible), unless cancelled. */
  after(delay: Ms, fire: () => void, options?: TimerOptions): Timer;
}

/** Resolves after `delay`, or at once when the signal fires; never rejects. */
export function sleep(clock: Clock, delay: Ms, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = () => {
      timer.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.after(delay, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
