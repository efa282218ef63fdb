import type { DispatchMessage } from '../../lib/model/message.ts';
import { type Clock, sleep } from '../../lib/ports/clock.ts';
import type { Inbox, Received } from '../../lib/ports/inbox.ts';
import type { Receipt } from '../../lib/ports/queue.ts';
import type { MemoryQueue } from '../../lib/testing/memory-queue.ts';

/** Receives what a queue in memory was sent, whatever its delay. */
export class MemoryInbox implements Inbox {
  /** For how many each poll asked. */
  readonly asked: number[] = [];
  /** What was deleted, request by request. */
  readonly removed: (readonly Receipt[])[] = [];
  /** What each poll throws, as long as it is set. */
  failure: Error | undefined;
  /** A poll that has found something answers when this is done, whether anybody waits for it or not. */
  answer: Promise<void> = Promise.resolve();
  readonly #queue: MemoryQueue;
  readonly #clock: Clock;
  #received = 0;

  constructor(queue: MemoryQueue, clock: Clock) {
    this.#queue = queue;
    this.#clock = clock;
  }

  async receive(_pool: string, most: number, signal: AbortSignal): Promise<readonly Received[]> {
    this.asked.push(most);
    for (;;) {
      if (this.failure) throw this.failure;
      const taken = this.#queue.sent.splice(0, most);
      if (taken.length > 0) {
        await this.answer;
        return taken.map(({ message }) => this.#asReceived(message));
      }
      if (signal.aborted) return [];
      await sleep(this.#clock, 1_000, signal);
    }
  }

  async remove(receipts: readonly Receipt[]): Promise<readonly Receipt[]> {
    this.removed.push(receipts);
    return [];
  }

  #asReceived(message: DispatchMessage): Received {
    this.#received += 1;
    const handle = `handle-${this.#received}`;
    return { id: handle, receipt: { queueUrl: 'http://127.0.0.1/queue', handle }, message, together: 1 };
  }
}
