import type { Dispatch } from '../model/message.ts';
import type { Sec } from '../model/time.ts';

/** A received message, as long as it is ours to extend or give back. */
export interface Receipt {
  readonly queueUrl: string;
  readonly handle: string;
}

/**
 * The doorbell. At least once, in any order, perhaps late, perhaps never: nothing but speed may depend on it.
 * It does not receive: Lambda's mapping or a worker's poll loop does.
 */
export interface Queue {
  /**
   * Sends all of them, in batches of ten. Resolves to those that could not be sent (a batch can fail in part);
   * discovery makes good for them. Delays are cut at 15 minutes, the limit of SQS.
   */
  send(dispatches: readonly Dispatch[]): Promise<readonly Dispatch[]>;
  /** Hides the message for this long from now on, at most 12 hours. Resolves to false if it is no longer ours. */
  extend(receipt: Receipt, visibility: Sec): Promise<boolean>;
  /** Roughly how many messages wait visibly in the pool's queues. */
  depth(pool: string): Promise<number>;
}
