import { takeNotes } from '../attempts/note-taker.ts';
import { AttemptNotes } from '../attempts/notes.ts';
import { type Context, withContext } from '../define/context.ts';
import { LimitReached } from '../limits/limit-reached.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Reached } from '../model/limit.ts';
import type { Control, LeasedNode } from '../model/run.ts';
import { type EpochMs, type Ms, toIso } from '../model/time.ts';
import { keepFor, type Packed, pack, unpack } from '../payload/payload.ts';
import { progressText } from '../payload/progress.ts';
import { sleep, type Timer } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { AttemptTrace } from '../trace/attempt-trace.ts';
import type { Held } from './acquire.ts';
import type { Delivery } from './delivery.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import type { WorkerPorts } from './ports.ts';
import { takeStrayErrors } from './stray-errors.ts';

/** How one attempt ended, before anything of it is written. */
export type Outcome =
  | { readonly outcome: 'returned'; readonly value: unknown }
  | { readonly outcome: 'threw'; readonly thrown: unknown }
  | { readonly outcome: 'yielded'; readonly checkpoint: Packed | undefined }
  /** A limit was reached before the handler began. */
  | { readonly outcome: 'limited'; readonly limited: Reached }
  | { readonly outcome: 'cancelled' }
  | { readonly outcome: 'lost' };

export type About = Pick<
  Context,
  'task' | 'workflow' | 'metadata' | 'iteration' | 'idempotencyKey' | 'execution'
>;

export interface AttemptOptions {
  readonly leaseMs: Ms;
  readonly timeoutMs: Ms;
  readonly logger: Logger;
  /** Where spans are wanted. */
  readonly trace: AttemptTrace | undefined;
  /** What the context says of the node. */
  readonly about: About;
  /** Outputs of the runs that this one depends on. */
  readonly dependencies: () => Promise<Readonly<Record<string, unknown>>>;
}

/**
 * One attempt of a handler under its lease.
 *
 * ```
 * running ──returns / throws──────────────────────────▶ returned / threw
 *    │ ──timeout─────────────────▶ aborted: TimedOut ──▶ threw
 *    │ ──cancel in abort mode────▶ aborted: Cancelled ─▶ cancelled
 *    │ ──pause in abort mode─────▶ aborted: Cancelled ─▶ yielded
 *    │ ──its limit is reached──────────────────────────▶ limited
 *    │ ──lease gone──────────────▶ aborted: LeaseLost ─▶ lost
 *    └ ──asked to yield──┬─ next checkpoint throws ────▶ yielded
 *                        └─ none comes ─▶ aborted ─────▶ yielded, or threw where it never made a checkpoint
 * ```
 */
export class Attempt {
  readonly #ports: WorkerPorts;
  readonly #held: Held;
  readonly #delivery: Delivery;
  readonly #options: AttemptOptions;
  readonly #logger: Logger;
  readonly #abort = new AbortController();
  readonly #timers: Timer[] = [];
  readonly keeper: LeaseKeeper;
  /** What it tells beside its result. */
  readonly notes: AttemptNotes;
  readonly #deadline: EpochMs;
  readonly #timeoutMs: Ms;
  #askedToYield: HoldfastError | undefined;
  #checkpoint: Packed | undefined;
  #checkpoints = 0;
  #state: unknown;
  #dependencies: Readonly<Record<string, unknown>> = {};
  #strayed = false;
  #isPausing = false;

  constructor(ports: WorkerPorts, held: Held, delivery: Delivery, options: AttemptOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#held = held;
    this.#delivery = delivery;
    this.#logger = options.logger;
    this.notes = new AttemptNotes(ports.clock);
    this.#timeoutMs = held.run.timeoutMs ?? options.timeoutMs;
    this.#deadline = ports.clock.now() + this.#timeoutMs;
    this.keeper = new LeaseKeeper(ports, held, {
      leaseMs: options.leaseMs,
      endsAt: delivery.endsAt,
      receipt: delivery.receipt,
      logger: options.logger,
      onLost: (reason) => this.#abort.abort(reason),
      onRenewed: options.trace && (() => options.trace?.renewed()),
      onControl: (control) => {
        if (control.mode === 'abort') this.#stop(control);
      },
    });
  }

  /** Somebody wants the handler to stop now: for good, or until the run goes on. */
  #stop({ kind, reason }: Control): void {
    this.#isPausing = kind === 'pause';
    const what = `The run was ${kind === 'pause' ? 'paused' : 'cancelled'}`;
    this.#abort.abort(new HoldfastError('Cancelled', reason ? `${what}: ${reason}` : what));
  }

  /** Aborts the handler because of what else it must hold. */
  lose(reason: HoldfastError): void {
    this.#abort.abort(reason);
  }

  /** Asks the handler to stop at its next checkpoint and hand the task back. */
  askToYield(reason: HoldfastError): void {
    this.#askedToYield ??= reason;
  }

  /** Aborts the handler; it is handed back without spending the attempt. */
  shutDown(): void {
    const reason = new HoldfastError('ShuttingDown', 'The worker is shutting down');
    this.askToYield(reason);
    this.#abort.abort(reason);
  }

  /** Runs `work` to its end or its abort, whichever comes first. The keeper is stopped afterwards. */
  async run(work: (ctx: Context) => Promise<unknown>): Promise<Outcome> {
    this.#startTimers();
    try {
      const checkpoint = this.#node().checkpoint;
      if (checkpoint) this.#state = await unpack(this.#ports.payloads, this.#held.run, checkpoint);
      this.#dependencies = await this.#options.dependencies();
      return await this.#race(work);
    } catch (thrown) {
      return { outcome: 'threw', thrown };
    } finally {
      this.notes.close();
      for (const timer of this.#timers) timer.cancel();
      await this.keeper.stop();
    }
  }

  async #race(work: (ctx: Context) => Promise<unknown>): Promise<Outcome> {
    const ctx = this.#context();
    takeNotes(ctx, this.notes);
    const handler = withContext(ctx, async () => work(ctx)).then(
      (value): Outcome => ({ outcome: 'returned', value }),
      (thrown): Outcome => this.#thrown(thrown),
    );
    const aborted = new Promise<void>((resolve) => {
      this.#abort.signal.addEventListener('abort', () => resolve(), { once: true });
      if (this.#abort.signal.aborted) resolve();
    });
    const first = await Promise.race([handler, aborted, this.#stray(ctx)]);
    if (first && !this.#abort.signal.aborted) {
      // The handler may still be at it.
      if (this.#strayed) this.#abort.abort(new HoldfastError('LeaseLost', 'The attempt has failed already'));
      return first;
    }
    // An aborted handler gets a moment to clean up; what it makes of it counts only where its result is still wanted.
    const stop = new AbortController();
    const late = await Promise.race([
      handler,
      sleep(this.#ports.clock, this.#ports.settings.abortGrace, stop.signal),
    ]);
    stop.abort();
    return this.#afterAbort(late ?? undefined);
  }

  /** An error that the handler left to nobody fails the attempt. */
  #stray(ctx: Context): Promise<Outcome> {
    return new Promise((resolve) => {
      takeStrayErrors(ctx, (thrown) => {
        this.#logger.warn('the handler left an error to nobody', { error: thrown });
        this.#strayed = true;
        resolve({ outcome: 'threw', thrown });
      });
    });
  }

  #thrown(thrown: unknown): Outcome {
    const limited = LimitReached.of(thrown);
    if (limited) return { outcome: 'limited', limited };
    // A handler that stops because it was asked to has not failed, if it left something to go on from.
    if (this.#askedToYield && (thrown === this.#askedToYield || this.#checkpoint)) {
      return { outcome: 'yielded', checkpoint: this.#checkpoint };
    }
    return { outcome: 'threw', thrown };
  }

  #afterAbort(late: Outcome | undefined): Outcome {
    const reason = this.#abort.signal.reason as HoldfastError;
    switch (reason.code) {
      case 'LeaseLost':
        return { outcome: 'lost' };
      case 'Cancelled':
        if (!this.#isPausing) return { outcome: 'cancelled' };
        return late?.outcome === 'returned' ? late : { outcome: 'yielded', checkpoint: this.#checkpoint };
      case 'ShuttingDown':
        return late?.outcome === 'returned' ? late : { outcome: 'yielded', checkpoint: this.#checkpoint };
      case 'DeadlineNear':
        if (late?.outcome === 'returned') return late;
        // What was begun late has not failed for that: its next attempt begins with an invocation, and has all of it.
        return this.#checkpoint || this.#held.isContinued
          ? { outcome: 'yielded', checkpoint: this.#checkpoint }
          : { outcome: 'threw', thrown: reason };
      default:
        return { outcome: 'threw', thrown: reason };
    }
  }

  #startTimers(): void {
    const { clock } = this.#ports;
    const { endsAt, marginMs } = this.#delivery;
    const limit = `${this.#timeoutMs} ms`;
    this.#timers.push(
      clock.after(this.#timeoutMs, () => {
        this.#abort.abort(new HoldfastError('TimedOut', `The attempt exceeded its timeout of ${limit}`));
      }),
    );
    if (!Number.isFinite(endsAt)) return;
    const near = new HoldfastError('DeadlineNear', 'The invocation is about to end');
    const left = endsAt - clock.now();
    this.#timers.push(
      clock.after(Math.max(0, left - marginMs), () => this.askToYield(near)),
      clock.after(Math.max(0, left - marginMs / 2), () => this.#abort.abort(near)),
    );
  }

  #node(): LeasedNode {
    return this.#held.run.nodes[this.#held.fence.node] as LeasedNode;
  }

  #context(): Context {
    const { run, fence } = this.#held;
    const { trace } = this.#options;
    const attempt = this;
    return {
      runId: run.run,
      taskId: fence.node,
      ...this.#options.about,
      attempt: this.#node().attempt,
      fencingToken: fence.epoch,
      tenant: run.tenant,
      workerId: this.#ports.workerId,
      get traceparent() {
        return trace ? trace.traceparent : run.traceparent;
      },
      submittedAt: toIso(run.createdAt),
      dependencies: this.#dependencies,
      signal: this.#abort.signal,
      logger: this.notes.logger(this.#logger),
      get checkpointed() {
        return attempt.#state;
      },
      progress: (value) => this.#report(value),
      checkpoint: async (state) => this.#keep(state),
      setVariable: (name, value) => this.notes.setVariable(name, value),
      remainingMs: () => Math.max(0, this.#deadline - this.#ports.clock.now()),
    };
  }

  #report(value: unknown): void {
    this.keeper.reportProgress(progressText(value));
  }

  #keep(state: unknown): void {
    this.#checkpoints += 1;
    const { node, nonce } = this.#held.fence;
    const packed = pack(state, {
      field: 'checkpoint',
      pointer: `${node}#${nonce}#checkpoint#${this.#checkpoints}`,
      tooLarge: 'PayloadTooLarge',
      store: this.#ports.payloads,
      keepMs: keepFor.checkpoint(this.#ports.settings.retention),
    });
    this.#checkpoint = packed;
    this.#state = state;
    this.keeper.keepCheckpoint(packed);
    if (this.#askedToYield) throw this.#askedToYield;
  }
}
