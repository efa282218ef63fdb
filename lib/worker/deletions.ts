import type { Inbox } from '../ports/inbox.ts';
import type { Receipt } from '../ports/queue.ts';

/** Deletes messages: one at once, and what comes while a request is under way together by the next. */
export class Deletions {
  readonly #inbox: Pick<Inbox, 'remove'>;
  readonly #waiting: Receipt[] = [];
  #flushing: Promise<void> | undefined;

  constructor(inbox: Pick<Inbox, 'remove'>) {
    this.#inbox = inbox;
  }

  add(receipt: Receipt): void {
    this.#waiting.push(receipt);
    this.#flushing ??= this.#flush();
  }

  /** Resolves when nothing is left to delete. */
  async done(): Promise<void> {
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) await this.#inbox.remove(this.#waiting.splice(0));
    this.#flushing = undefined;
  }
}
