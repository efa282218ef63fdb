import type { Dispatch } from '../model/message.ts';
import type { Sec } from '../model/time.ts';
import type { PoolQueues } from '../ports/pool-queues.ts';
import type { Queue, Receipt } from '../ports/queue.ts';

/** Keeps what was sent; a test or simulation decides what is delivered, when, and how often. */
export class MemoryQueue implements Queue, PoolQueues {
  readonly sent: Dispatch[] = [];
  readonly extended: { receipt: Receipt; visibility: Sec }[] = [];
  /** What `depth` answers. */
  waiting = 0;
  /** While true, nothing can be sent. */
  down = false;

  async send(dispatches: readonly Dispatch[]): Promise<readonly Dispatch[]> {
    if (this.down) return dispatches;
    this.sent.push(...dispatches);
    return [];
  }

  async extend(receipt: Receipt, visibility: Sec): Promise<boolean> {
    this.extended.push({ receipt, visibility });
    return true;
  }

  async depth(): Promise<number> {
    return this.waiting;
  }

  async counts() {
    return { waiting: this.waiting, inFlight: 0, delayed: 0 };
  }

  async redrive(): Promise<number> {
    return 0;
  }

  /** Takes out everything that was sent so far. */
  drain(): Dispatch[] {
    return this.sent.splice(0);
  }
}
