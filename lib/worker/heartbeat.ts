import type { EpochMs } from '../model/time.ts';
import type { Timer } from '../ports/clock.ts';
import type { WorkerRecord, WorkerRegistry } from '../ports/worker-registry.ts';
import { atMost } from './at-most.ts';
import type { WorkerPorts } from './ports.ts';
import type { Statistics } from './statistics.ts';

interface HeartbeatOptions {
  readonly pool: string;
  readonly kind: WorkerRecord['kind'];
}

/**
 * Says that this worker is there. A process does so by a timer; a Lambda environment only within invocations, because
 * it is frozen in between, and at most once a heartbeat, because each one is a write.
 */
export class Heartbeat {
  readonly #ports: Pick<WorkerPorts, 'clock' | 'logger' | 'settings' | 'workerId'>;
  readonly #registry: WorkerRegistry;
  readonly #statistics: Statistics;
  readonly #options: HeartbeatOptions;
  readonly #startedAt: EpochMs;
  #lastAt: EpochMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #invocations = 0;
  /** One at a time: the last word of a worker must not be overtaken. */
  #writing: Promise<void> | undefined;
  #isKnown = false;

  constructor(
    ports: Pick<WorkerPorts, 'clock' | 'logger' | 'settings' | 'workerId'>,
    registry: WorkerRegistry,
    statistics: Statistics,
    options: HeartbeatOptions,
  ) {
    this.#ports = ports;
    this.#registry = registry;
    this.#statistics = statistics;
    this.#options = options;
    this.#startedAt = ports.clock.now();
  }

  /**
   * Registers, and beats from then on.
   *
   * @throws HoldfastError `StoreUnreachable`, `TableNotFound`
   */
  async start(): Promise<void> {
    await this.#write(false);
    this.#schedule();
  }

  /** Beats around and during `work`. A heartbeat that cannot be written never disturbs the work. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#invocations += 1;
    const first = this.#beatIfDue();
    this.#schedule();
    try {
      return await work();
    } finally {
      this.#invocations -= 1;
      if (this.#options.kind === 'lambda' && this.#invocations === 0) this.#timer?.cancel();
      await first;
      if (this.#options.kind === 'lambda') await this.#beatIfDue();
    }
  }

  /** Deregisters, if it was ever registered. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    const written = this.#writing?.catch(() => {});
    const { clock, settings } = this.#ports;
    // A store that has never answered is not waited for.
    if (written) await (this.#isKnown ? written : atMost(clock, written, settings.abortGrace));
    if (this.#isKnown) await this.#beat(true);
  }

  #schedule(): void {
    this.#timer?.cancel();
    this.#timer = this.#ports.clock.after(
      this.#ports.settings.heartbeat,
      () => {
        void this.#beat(false);
        this.#schedule();
      },
      { background: true },
    );
  }

  async #beatIfDue(): Promise<void> {
    const due = this.#lastAt + this.#ports.settings.heartbeat;
    if (this.#ports.clock.now() >= due) await this.#beat(false);
  }

  async #beat(stopped: boolean): Promise<void> {
    try {
      // A store that takes longer than a heartbeat is not asked again meanwhile.
      await (this.#writing ?? this.#write(stopped));
    } catch (error) {
      this.#ports.logger.warn('heartbeat not written', { error });
    }
  }

  #write(stopped: boolean): Promise<void> {
    this.#lastAt = this.#ports.clock.now();
    this.#writing = this.#registry.put(this.#record(stopped)).then(
      () => {
        this.#writing = undefined;
        this.#isKnown = true;
      },
      (error: unknown) => {
        this.#writing = undefined;
        throw error;
      },
    );
    return this.#writing;
  }

  #record(stopped: boolean): WorkerRecord {
    const { clock, settings, workerId } = this.#ports;
    const { running, succeeded, failed, busyMs } = this.#statistics;
    const now = clock.now();
    return {
      id: workerId,
      pool: this.#options.pool,
      kind: this.#options.kind,
      startedAt: this.#startedAt,
      lastSeenAt: now,
      expiresAt: now + settings.workerExpiry,
      stopped,
      running,
      succeeded,
      failed,
      busyMs,
    };
  }
}
