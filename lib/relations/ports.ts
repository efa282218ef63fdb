import type { Settings } from '../config/settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { PayloadStore } from '../ports/payload-store.ts';
import type { Queue } from '../ports/queue.ts';
import type { RunStore } from '../ports/run-store.ts';

/** What it takes to do what runs owe each other. */
export interface RelationPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly runs: RunStore;
  readonly payloads: PayloadStore;
  readonly queue: Queue;
  readonly settings: Pick<Settings, 'retention'>;
}
