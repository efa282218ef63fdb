import type { DispatchMessage } from '../model/message.ts';
import type { Receipt } from './queue.ts';

/** A message as it came. Anybody may have sent it. */
export interface Received {
  /** The queue's own name for it: for logs. */
  readonly id: string;
  readonly receipt: Receipt;
  /** Absent where the body is no dispatch of ours. */
  readonly message?: DispatchMessage;
  /** How many one request brought with it, itself among them. */
  readonly together: number;
}

/** The most that one request receives. */
export const receivedMax = 10;

/**
 * The receiving end of the doorbell. At least once, in any order. It hides what it gives for as long as the queue says;
 * hiding it for longer, or no longer, is the queue's `extend`. It neither keeps nor orders anything itself.
 */
export interface Inbox {
  /**
   * 1 to 10 messages of a pool, but no more than `most`. Waits for the first for up to 20 s; nothing by then is an empty
   * list, and so is the signal's firing. A message on its way at that moment comes again when it is visible again.
   *
   * @throws HoldfastError `QueueUnreachable`, `InvalidSetting` for an unknown pool
   */
  receive(pool: string, most: number, signal: AbortSignal): Promise<readonly Received[]>;
  /** Deletes them, in batches of ten. Resolves to those that could not be deleted, which come again; never rejects. */
  remove(receipts: readonly Receipt[]): Promise<readonly Receipt[]>;
}
