import type { Ms } from '../model/time.ts';
import type { Settled } from './settle.ts';

/** What a worker counts about itself. */
export class Statistics {
  running = 0;
  succeeded = 0;
  /** Attempts, whether or not another one follows. */
  failed = 0;
  /** Of the failed ones, those that another attempt follows. */
  retried = 0;
  /** Attempts whose lease another owner has now. */
  lost = 0;
  /** Leases taken from an owner that was silent for too long. */
  takeovers = 0;
  /** Runs ended because their last owner was silent for too long and no attempt was left. */
  exhausted = 0;
  /** Messages of runs that were not there. */
  contextsNotFound = 0;
  /** Sum over ended attempts. */
  busyMs: Ms = 0;

  begin(): void {
    this.running += 1;
  }

  end(settled: Settled, durationMs: Ms): void {
    this.running -= 1;
    this.busyMs += durationMs;
    if (settled === 'succeeded') this.succeeded += 1;
    if (settled === 'failed' || settled === 'retrying') this.failed += 1;
    if (settled === 'retrying') this.retried += 1;
    if (settled === 'lost') this.lost += 1;
  }
}
