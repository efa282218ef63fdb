import type { DeliveryQueues } from '../config/delivery.ts';
import type { Pools } from '../config/pools.ts';
import type { Settings } from '../config/settings.ts';
import type { Registry } from '../define/registry.ts';
import type { AttemptStore } from '../ports/attempt-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { DefinitionStore } from '../ports/definition-store.ts';
import type { HistoryStore } from '../ports/history-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { PayloadStore } from '../ports/payload-store.ts';
import type { PoolQueues } from '../ports/pool-queues.ts';
import type { Queue } from '../ports/queue.ts';
import type { Random } from '../ports/random.ts';
import type { RunStore } from '../ports/run-store.ts';
import type { WorkerRegistry } from '../ports/worker-registry.ts';

/** What a client that talks to the store and the queue itself works with. */
export interface ClientPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly runs: RunStore;
  readonly payloads: PayloadStore;
  readonly attempts: Pick<AttemptStore, 'list'>;
  readonly history: HistoryStore;
  readonly definitions: DefinitionStore;
  readonly workers: WorkerRegistry;
  readonly queue: Queue;
  readonly poolQueues: PoolQueues;
  readonly settings: Settings;
  readonly pools: Pools;
  /** Where results may be delivered to, besides webhooks; nowhere, where it is absent. */
  readonly deliveryQueues?: DeliveryQueues;
  /** The tasks that can be submitted by name; absent where only tasks in hand are. */
  readonly registry?: Registry;
}
