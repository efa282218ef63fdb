import type { Ms } from '../model/time.ts';

export interface BackoffPolicy {
  readonly backoffMs: Ms;
  readonly factor: number;
  readonly maxBackoffMs: Ms;
}

/**
 * The pause before the next attempt: exponential with full jitter, drawn evenly from 0 to the bound, so that tasks that
 * failed together do not come back together.
 *
 * @param attempt the attempt that failed, from 1
 * @param fraction a random number in [0, 1)
 */
export function backoff(policy: BackoffPolicy, attempt: number, fraction: number): Ms {
  const bound = Math.min(policy.maxBackoffMs, policy.backoffMs * policy.factor ** (attempt - 1));
  return Math.floor(bound * fraction);
}
