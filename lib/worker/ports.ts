import type { Pools } from '../config/pools.ts';
import type { Settings } from '../config/settings.ts';
import type { Registry } from '../define/registry.ts';
import type { TaskExecutor } from '../define/task-executor.ts';
import type { HandlerThreads } from '../isolation/threads-for.ts';
import type { AttemptStore } from '../ports/attempt-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { OffsetGauge } from '../ports/clock-offset.ts';
import type { DefinitionStore } from '../ports/definition-store.ts';
import type { HistoryStore } from '../ports/history-store.ts';
import type { LimitStore } from '../ports/limit-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { PayloadStore } from '../ports/payload-store.ts';
import type { Queue } from '../ports/queue.ts';
import type { Random } from '../ports/random.ts';
import type { ResultCache } from '../ports/result-cache.ts';
import type { RunStore } from '../ports/run-store.ts';

/** What an executor works with. */
export interface WorkerPorts {
  readonly clock: Clock;
  /** How wrong the clock is. Without it, it is taken for right. */
  readonly clockOffset?: OffsetGauge | undefined;
  readonly random: Random;
  readonly logger: Logger;
  readonly runs: RunStore;
  readonly payloads: PayloadStore;
  readonly definitions: Pick<DefinitionStore, 'put'>;
  readonly attempts: Pick<AttemptStore, 'put'>;
  readonly history: Pick<HistoryStore, 'put'>;
  readonly cache: ResultCache;
  readonly limits: LimitStore;
  readonly queue: Queue;
  readonly registry: Registry;
  /** Runs the tasks that are only declared. Without it they are left to other workers. */
  readonly executor?: TaskExecutor | undefined;
  /** Runs the handlers of tasks with `isolation: 'thread'`; there where any such task is registered. */
  readonly threads?: HandlerThreads | undefined;
  readonly settings: Settings;
  readonly pools: Pools;
  readonly workerId: string;
}
