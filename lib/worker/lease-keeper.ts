import { HoldfastError } from '../model/errors.ts';
import type { Control, Run } from '../model/run.ts';
import { type EpochMs, type Ms, toSec } from '../model/time.ts';
import { type Packed, storeApart } from '../payload/payload.ts';
import type { Timer } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Receipt } from '../ports/queue.ts';
import { isReadable } from '../ports/run-store.ts';
import { readRefusedWrite } from '../protocol/refused-write.ts';
import { renew } from '../protocol/renew.ts';
import type { Held } from './acquire.ts';
import type { WorkerPorts } from './ports.ts';

interface KeeperOptions {
  readonly leaseMs: Ms;
  readonly endsAt: EpochMs;
  readonly receipt: Receipt | undefined;
  readonly logger: Logger;
  /** Called at most once, when the result is no longer wanted. */
  readonly onLost: (reason: HoldfastError) => void;
  /** Called after each renewal. */
  readonly onRenewed?: (() => void) | undefined;
  /** Called at each renewal that shows a cancel or a pause. */
  readonly onControl: (control: Control) => void;
}

/**
 * Keeps one lease: every third of its length it renews the lease and, by the same tick, the message's visibility.
 *
 * ```
 * keeping ──renewed──▶ keeping
 *    │ ├──refused: another holds it──▶ lost
 *    │ └──unreachable until the lease's end──▶ lost
 *    └──stop──▶ stopped
 * ```
 */
export class LeaseKeeper {
  /** The run as the last renewal showed it. */
  run: Run;
  readonly #ports: WorkerPorts;
  readonly #held: Held;
  readonly #options: KeeperOptions;
  #leaseUntil: EpochMs;
  #tick: Timer;
  #expiry: Timer;
  #inFlight: Promise<void> = Promise.resolve();
  #extending: Promise<unknown> = Promise.resolve();
  #ended = false;
  #progress: string | undefined;
  #checkpoint: Packed | undefined;

  constructor(ports: WorkerPorts, held: Held, options: KeeperOptions) {
    this.#ports = ports;
    this.#held = held;
    this.#options = options;
    this.run = held.run;
    this.#leaseUntil = held.leaseUntil;
    this.#tick = this.#schedule();
    this.#expiry = this.#watch();
  }

  /** When the lease ends, unless it is renewed again. */
  get leaseUntil(): EpochMs {
    return this.#leaseUntil;
  }

  /** Goes along with the next renewal. */
  reportProgress(text: string): void {
    this.#progress = text;
  }

  /** Goes along with the next renewal. */
  keepCheckpoint(checkpoint: Packed): void {
    this.#checkpoint = checkpoint;
  }

  /** What `keepCheckpoint` was given last, unless a renewal has stored it. */
  get unstoredCheckpoint(): Packed | undefined {
    return this.#checkpoint;
  }

  /** Ends the renewals; resolves once none is in flight. */
  async stop(): Promise<void> {
    this.#end();
    await this.#inFlight;
  }

  /** Resolves once no request to the queue is in flight either. Nothing of the run depends on those. */
  async rest(): Promise<void> {
    await this.#extending;
  }

  #schedule(): Timer {
    return this.#ports.clock.after(this.#options.leaseMs / 3, () => {
      this.#inFlight = this.#renew();
    });
  }

  #watch(): Timer {
    const left = Math.max(0, this.#leaseUntil - this.#ports.clock.now());
    return this.#ports.clock.after(left, () => {
      if (this.#ended) return;
      const { endsAt, logger } = this.#options;
      // It is never renewed beyond that.
      const isOver = this.#leaseUntil >= endsAt;
      const why = isOver ? 'the invocation ends, and its handler does not' : 'the store was unreachable';
      logger.error(`lease ran out: ${why}`, { leaseUntil: this.#leaseUntil });
      this.#lose(
        isOver
          ? 'The lease ran out because the handler went on until its invocation ended'
          : 'The lease ran out because the store could not be reached to renew it',
      );
    });
  }

  async #renew(): Promise<void> {
    // By the same tick, but not in step: a queue that does not answer must not cost the lease.
    this.#extending = Promise.all([this.#extending, this.#extend()]);
    try {
      await this.#renewLease();
    } catch (error) {
      if (!this.#ended)
        this.#options.logger.warn('store unreachable: lease not renewed, trying again', { error });
    }
    if (!this.#ended) this.#tick = this.#schedule();
  }

  async #extend(): Promise<void> {
    const { receipt, leaseMs, logger } = this.#options;
    if (!receipt) return;
    const visible = await this.#ports.queue.extend(receipt, toSec(leaseMs)).catch(() => false);
    if (!visible && !this.#ended) logger.warn('message visibility not extended; the lease alone holds');
  }

  async #renewLease(): Promise<void> {
    const { fence, run } = this.#held;
    const now = this.#ports.clock.now();
    const leaseUntil = Math.min(now + this.#options.leaseMs, this.#options.endsAt);
    const progress = this.#progress;
    const checkpoint = await this.#storedApart();
    const command = { key: run, fence, leaseUntil, progress, checkpoint: checkpoint?.payload };
    let result = await this.#ports.runs.apply(renew({ ...command, seenAt: this.run.at }));
    const held = !result.applied && isReadable(result.run) && readRefusedWrite(result.run, fence);
    // Still ours: only the look was moved meanwhile.
    if (held && held.now === 'mine')
      result = await this.#ports.runs.apply(renew({ ...command, seenAt: held.run.at }));
    if (this.#ended) return;
    if (!result.applied) return this.#refused(result.run && isReadable(result.run) ? result.run : undefined);
    this.run = result.run;
    if (this.#progress === progress) this.#progress = undefined;
    if (this.#checkpoint === checkpoint) this.#checkpoint = undefined;
    this.#leaseUntil = leaseUntil;
    this.#expiry.cancel();
    this.#expiry = this.#watch();
    this.#options.onRenewed?.();
    if (result.run.control) this.#options.onControl(result.run.control);
  }

  /** The checkpoint to take along. One that cannot be stored apart now waits for the next renewal; the lease does not. */
  async #storedApart(): Promise<Packed | undefined> {
    const checkpoint = this.#checkpoint;
    if (!checkpoint) return undefined;
    try {
      const { clock, payloads } = this.#ports;
      await storeApart(payloads, this.#held.run, checkpoint, clock.now());
      return checkpoint;
    } catch (error) {
      this.#options.logger.warn('checkpoint not stored, trying again', { error });
      return undefined;
    }
  }

  #refused(run: Run | undefined): void {
    if (readRefusedWrite(run, this.#held.fence).now === 'mine') return; // the next tick tries again
    const node = run?.nodes[this.#held.fence.node];
    this.#options.logger.error('lease lost to another owner', { owner: node?.worker, epoch: node?.epoch });
    this.#lose('The lease was lost to another owner');
  }

  #lose(message: string): void {
    this.#end();
    this.#options.onLost(new HoldfastError('LeaseLost', message));
  }

  #end(): void {
    this.#ended = true;
    this.#tick.cancel();
    this.#expiry.cancel();
  }
}
