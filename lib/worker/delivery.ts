import type { DispatchMessage } from '../model/message.ts';
import type { EpochMs, Sec } from '../model/time.ts';
import type { Receipt } from '../ports/queue.ts';

/** One message in hand, and how long this invocation may still work on it. */
export interface Delivery {
  readonly message: DispatchMessage;
  /** Absent for work that did not come by a queue. */
  readonly receipt?: Receipt;
  /** When the surroundings end: a Lambda's deadline. Infinity in a process of its own. */
  readonly endsAt: EpochMs;
  /** How long before `endsAt` the handler is asked to yield. */
  readonly marginMs: number;
}

/** What becomes of the message. */
export type Verdict =
  | { readonly verdict: 'acknowledge'; readonly because: string }
  /** Visible again after this many seconds. */
  | { readonly verdict: 'defer'; readonly visibility: Sec; readonly because: string };

export const acknowledge = (because: string): Verdict => ({ verdict: 'acknowledge', because });
export const defer = (visibility: Sec, because: string): Verdict => ({
  verdict: 'defer',
  visibility,
  because,
});
