import type { EpochMs } from '../model/time.ts';

/** One worker as it described itself last. */
export interface WorkerRecord {
  readonly id: string;
  readonly pool: string;
  readonly kind: 'lambda' | 'process';
  readonly startedAt: EpochMs;
  readonly lastSeenAt: EpochMs;
  /** After this time without another heartbeat it counts as silent. */
  readonly expiresAt: EpochMs;
  readonly stopped: boolean;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Sum of the durations of ended attempts, in milliseconds. */
  readonly busyMs: number;
}

/** Who is there. It knows what workers said of themselves, no more: leases do not depend on it. */
export interface WorkerRegistry {
  put(worker: WorkerRecord): Promise<void>;
  /** All known workers, those that fell silent within the last day included. */
  list(): Promise<readonly WorkerRecord[]>;
}
