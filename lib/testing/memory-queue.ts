import type { Dispatch } from '../model/message.ts';
import type { Sec } from '../model/time.ts';
import type { Queue, Receipt } from '../ports/queue.ts';

/** Keeps what was sent; a test or simulation decides what is delivered, when, and how often. */
export class MemoryQueue implements Queue {
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

  /** Takes out everything that was sent so far. */
  drain(): Dispatch[] {
    return this.sent.splice(0);
  }
}
