import type { Clock } from '../ports/clock.ts';
import type { LimitStore } from '../ports/limit-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { Queue } from '../ports/queue.ts';
import type { Random } from '../ports/random.ts';
import type { RunStore } from '../ports/run-store.ts';

/** What limits are kept with. */
export interface LimitPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly limits: LimitStore;
  readonly runs: RunStore;
  readonly queue: Queue;
}
