import { SQSClient } from '@aws-sdk/client-sqs';
import { countSqsRequests } from '../compose/request-count.ts';
import { systemClock } from '../compose/system.ts';
import type { Settings } from '../config/settings.ts';
import type { Logger } from '../ports/logger.ts';
import { localCredentials, localRegion } from './credentials.ts';
import { type EventSource, type EventSourceOptions, startEventSource } from './event-source.ts';
import type { LocalFunctions } from './functions.ts';
import type { PoolPlan } from './pools.ts';
import { startSchedule } from './schedule.ts';
import type { LocalServices } from './services.ts';

/** SQS batches as the deployed mapping takes them. */
const batchSize = 10;

export interface CallersOptions {
  readonly services: LocalServices;
  readonly functions: LocalFunctions;
  readonly pools: readonly PoolPlan[];
  readonly settings: Settings;
  readonly logger: Logger;
}

/** What calls the functions: the SQS mappings of each pool and the schedule. */
export interface Callers {
  /** They call no more. Resolves when the invocations under way have ended, or the signal fires. */
  stop(signal: AbortSignal): Promise<void>;
}

export function startCallers({ services, functions, pools, settings, logger }: CallersOptions): Callers {
  const clock = systemClock;
  const sqs = new SQSClient({
    endpoint: services.sqs.url,
    region: localRegion,
    credentials: localCredentials,
    maxAttempts: 1, // the polling loop has its own pauses
  });
  countSqsRequests(sqs); // AWS bills the mapping's requests too
  const mapping = { sqs, batchSize, clock, logger };
  const callers = [
    ...pools.flatMap((pool) => startMappings(pool, { services, functions, mapping })),
    startSchedule({ target: functions.discover, periodMs: settings.discoveryPeriod, clock, logger }),
  ];
  return {
    async stop(signal) {
      await Promise.all(callers.map((caller) => caller.stop(signal)));
      sqs.destroy();
    },
  };
}

interface MappingsOptions extends Pick<CallersOptions, 'services' | 'functions'> {
  /** What all mappings have alike. */
  readonly mapping: Omit<EventSourceOptions, 'queues' | 'target' | 'concurrency'>;
}

/**
 * Executors are few here, so the lanes of a pool share them in strict order. Only what has aged has one of its own: it
 * waits for nothing but what aged before it.
 */
function startMappings(
  { name, workers }: PoolPlan,
  { functions, mapping, services }: MappingsOptions,
): readonly EventSource[] {
  const queues = services.queues.get(name);
  const executors = functions.executors.get(name);
  if (!queues || !executors) return [];
  const { aged, usual } = executors;
  const agedQueue = queues.lanes.get('aged');
  const others = [...queues.lanes.values()].filter((queue) => queue !== agedQueue);
  const dead = { queues: [queues.deadLetterQueue], target: functions.deadLetter, concurrency: 1 };
  const sources = [
    // Without executors of its own, the pool is served by workers that receive for themselves.
    ...(workers > 0 ? [{ queues: others, target: usual, concurrency: workers }] : []),
    ...(workers > 0 && agedQueue ? [{ queues: [agedQueue], target: aged, concurrency: 1 }] : []),
    dead,
  ];
  return sources.map((source) => startEventSource({ ...mapping, ...source }));
}
