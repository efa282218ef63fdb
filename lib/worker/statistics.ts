import type { Ms } from '../model/time.ts';
import type { Settled } from './settle.ts';

/** What a worker counts about itself. */
export class Statistics {
  running = 0;
  succeeded = 0;
  failed = 0;
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
  }
}
