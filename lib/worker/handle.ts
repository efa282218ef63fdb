import { HoldfastError } from '../model/errors.ts';

/** One worker, as all its handles share it. */
export interface Running {
  readonly id: string;
  /** Resolves when it receives; rejects when it ends before. */
  readonly ready: Promise<void>;
  /** Settles when it has ended. */
  readonly ended: Promise<void>;
  readonly stop: AbortController;
  readonly abort: AbortController;
  /** Handles that are not disposed. */
  handles: number;
  /** Somebody knows already what it died of. */
  isDeathKnown: boolean;
}

/**
 * What one holds of a running worker. Whoever else needs it takes a clone; when the last of them is disposed, the worker
 * is shut down.
 */
export class WorkerHandle implements AsyncDisposable {
  readonly id: string;
  /**
   * Resolves when the worker is registered and receives. Rejects when it ends before: with what it died of, or with
   * HoldfastError `ShuttingDown`.
   */
  readonly ready: Promise<void>;
  readonly #running: Running;
  #isDisposed = false;

  /** Made by `Worker.spawn` and `clone` only. */
  constructor(running: Running) {
    this.#running = running;
    this.id = running.id;
    this.ready = running.ready;
    running.handles += 1;
  }

  /**
   * Receives nothing more. What runs may come to its end within the drain time; then it is aborted and handed back without
   * its attempt being counted. Returns at once; calling it again changes nothing.
   */
  shutdown(): void {
    this.#running.stop.abort();
  }

  /** As `shutdown`, without any drain time: what runs is aborted and handed back now. */
  abort(): void {
    this.#running.stop.abort();
    this.#running.abort.abort();
  }

  /**
   * Resolves when the worker has ended: nothing runs, and it is deregistered. It ends by `shutdown` or `abort`, or of a
   * fatal error: with that it rejects for the first caller of all handles, and resolves for the others.
   *
   * @throws HoldfastError `StoreUnreachable`, `TableNotFound`, `QueueUnreachable` after `connectTimeout`, `TasksNotLoaded`,
   *   `NoTasks`, `DuplicateName`, `IsolationUnavailable`
   */
  async join(): Promise<void> {
    try {
      await this.#running.ended;
    } catch (error) {
      if (this.#running.isDeathKnown) return;
      this.#running.isDeathKnown = true;
      throw error;
    }
  }

  /** Another handle of the same worker. @throws HoldfastError `InvalidArgument` once this one is disposed */
  clone(): WorkerHandle {
    if (!this.#isDisposed) return new WorkerHandle(this.#running);
    throw new HoldfastError('InvalidArgument', `This handle of worker ${this.id} is disposed already`, {
      field: 'handle',
      hint: 'Clone a handle before it is disposed.',
    });
  }

  /** Shuts the worker down and waits for its end, if no other handle is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isDisposed) {
      this.#isDisposed = true;
      this.#running.handles -= 1;
    }
    if (this.#running.handles > 0) return;
    this.shutdown();
    await this.join();
  }
}
