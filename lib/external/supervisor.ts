import type { Context } from '../define/context.ts';
import { HoldfastError } from '../model/errors.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import { type Clock, sleep } from '../ports/clock.ts';
import { Connection } from './connection.ts';
import type { ExternalPlan } from './options.ts';

const pauseMsMin: Ms = 100;
const pauseMsMax: Ms = 30_000;

/**
 * Sees to it that there is a process when there is something to execute.
 *
 * ```
 * none ──execute──▶ starting ──▶ one ──ends, retires──▶ none, and the next start waits
 * ```
 */
export class Supervisor {
  readonly #plan: ExternalPlan;
  readonly #clock: Clock;
  /** All whose process lives, also those that take nothing any more. */
  readonly #connections = new Set<Connection>();
  readonly #closing = new AbortController();
  #current: Promise<Connection> | undefined;
  #failures = 0;
  #startsFrom: EpochMs = 0;

  constructor(plan: ExternalPlan, clock: Clock) {
    this.#plan = plan;
    this.#clock = clock;
  }

  async execute(task: string, input: unknown, ctx: Context): Promise<unknown> {
    const connection = await this.#open(ctx.signal);
    if (!connection.tasks.has(task)) {
      const offered = [...connection.tasks].join(', ');
      throw new HoldfastError('TaskNotImplemented', `${this.#plan.name} executes ${offered}, not ${task}`);
    }
    try {
      return await connection.execute(task, input, ctx);
    } finally {
      // It lived to tell how a task ended.
      if (connection.isOpen) this.#failures = 0;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#current?.catch(() => {});
    await Promise.all([...this.#connections].map((connection) => connection.close()));
  }

  async #open(signal: AbortSignal): Promise<Connection> {
    for (;;) {
      this.#current ??= this.#start();
      const connection = await unlessAborted(this.#current, signal);
      if (connection.isOpen) return connection; // else it has ended in this very moment
    }
  }

  async #start(): Promise<Connection> {
    try {
      const { signal } = this.#closing;
      const pauseMs = Math.min(pauseMsMax, this.#startsFrom - this.#clock.now());
      if (pauseMs > 0) await sleep(this.#clock, pauseMs, signal);
      if (signal.aborted) throw new HoldfastError('ExternalNotStarted', `${this.#plan.name} was closed`);
      let isStarted = false;
      const onEnd = (why: HoldfastError | undefined) => isStarted && this.#gone(why);
      const connection = await Connection.start(this.#plan, onEnd, signal);
      this.#connections.add(connection);
      connection.exited.finally(() => this.#connections.delete(connection)).catch(() => {});
      if (!connection.isOpen)
        throw new HoldfastError('ExternalNotStarted', `${this.#plan.name} ended at once`);
      isStarted = true;
      return connection;
    } catch (error) {
      this.#gone(error);
      throw error;
    }
  }

  /** There is none that takes executions any more. */
  #gone(why: unknown): void {
    this.#current = undefined;
    if (why === undefined) return;
    this.#startsFrom = this.#clock.now() + Math.min(pauseMsMax, pauseMsMin * 2 ** this.#failures);
    this.#failures += 1;
  }
}

/** @throws the signal's reason, once it fires */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
