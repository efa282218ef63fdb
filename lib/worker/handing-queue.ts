import type { Dispatch } from '../model/message.ts';
import type { Sec } from '../model/time.ts';
import type { Handover } from '../ports/handover.ts';
import type { Queue, Receipt } from '../ports/queue.ts';

/** A queue that carries only what no worker of this process begins at once. */
export class HandingQueue implements Queue {
  readonly #queue: Queue;
  readonly #handover: Pick<Handover, 'offer'>;

  constructor(queue: Queue, handover: Pick<Handover, 'offer'>) {
    this.#queue = queue;
    this.#handover = handover;
  }

  async send(dispatches: readonly Dispatch[]): Promise<readonly Dispatch[]> {
    const left = dispatches.filter(
      (dispatch) => dispatch.delayMs > 0 || dispatch.aged || !this.#handover.offer(dispatch),
    );
    return left.length === 0 ? [] : await this.#queue.send(left);
  }

  extend(receipt: Receipt, visibility: Sec): Promise<boolean> {
    return this.#queue.extend(receipt, visibility);
  }

  depth(pool: string): Promise<number> {
    return this.#queue.depth(pool);
  }
}
