import type { Transferable, Worker } from 'node:worker_threads';
import type { Pool } from 'workerpool';
import { isTooMuch } from './memory.ts';

/** What the library keeps of each of its threads. Its options do not reach this far. */
interface Handler {
  readonly worker: LibraryThread | null;
}
type LibraryThread = Worker & {
  send(message: { readonly id: number }, transfer?: readonly Transferable[]): void;
};
interface Inside {
  readonly workers: Handler[];
  minWorkers: number;
  /** Gives the oldest call that waits to a thread, if there may be one for it. */
  _next(): void;
}

/** What is answered in the place of a thread that a call could not be sent to. */
export class Unsent {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** The threads of a pool, as far as the library has no option for what is needed of them. */
export class AdoptedThreads {
  readonly #inside: Inside;
  readonly #known = new WeakSet<Worker>();
  /** Whose heap was asked for, and not told yet. */
  readonly #asked = new WeakSet<Worker>();

  constructor(pool: Pool) {
    this.#inside = pool as unknown as Inside;
  }

  /** Ends those whose heap has become too large: what runs there fails as if V8 had ended it at a limit. */
  limitMemory(memoryMib: number): void {
    for (const { worker } of this.#inside.workers)
      if (worker && !this.#asked.has(worker)) void this.#limit(worker, memoryMib);
  }

  async #limit(worker: LibraryThread, memoryMib: number): Promise<void> {
    this.#asked.add(worker);
    try {
      const { used_heap_size } = await worker.getHeapStatistics();
      if (!isTooMuch(used_heap_size, memoryMib)) return;
      worker.emit('error', new Error('the thread reached its memory limit'));
      await worker.terminate();
    } catch {
      // It has ended by itself.
    } finally {
      this.#asked.delete(worker);
    }
  }

  /** Prepares the threads that are new. */
  adopt(): void {
    for (const handler of this.#inside.workers) {
      const { worker } = handler;
      if (!worker || this.#known.has(worker)) continue;
      this.#known.add(worker);
      worker.unref();
      answerUnsent(worker);
      worker.once('exit', () => this.#onExit(handler));
    }
  }

  /** Whoever is ended from now on is replaced at once, not only when there is work for the next. */
  replaceEnded(): void {
    this.#inside.minWorkers = this.#inside.workers.length;
  }

  /** The library misses two things of a thread that ends itself. */
  #onExit(handler: Handler): void {
    const { workers } = this.#inside;
    const index = workers.indexOf(handler);
    // Idle, it would stay, and fail the next call, which has nothing to do with it.
    if (index >= 0) workers.splice(index, 1);
    // Busy, it would leave those that wait for it waiting.
    this.#inside._next();
  }
}

/** What cannot be cloned is never sent; the library would take its thread for busy for ever. */
function answerUnsent(worker: LibraryThread): void {
  worker.send = (message, transfer) => {
    try {
      worker.postMessage(message, transfer);
    } catch (error) {
      const answer = { id: message.id, result: new Unsent(error) };
      queueMicrotask(() => worker.emit('message', answer));
    }
  };
}
