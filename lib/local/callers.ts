import { SQSClient } from '@aws-sdk/client-sqs';
import { countSqsRequests } from '../compose/request-count.ts';
import { systemClock } from '../compose/system.ts';
import type { Settings } from '../config/settings.ts';
import type { Logger } from '../ports/logger.ts';
import { localCredentials, localRegion } from './credentials.ts';
import { startEventSource } from './event-source.ts';
import type { LocalFunctions } from './functions.ts';
import { startSchedule } from './schedule.ts';
import type { LocalServices } from './services.ts';

/** SQS batches as the deployed mapping takes them. */
const batchSize = 10;

export interface CallersOptions {
  readonly services: LocalServices;
  readonly functions: LocalFunctions;
  /** Executors at a time; perhaps none. */
  readonly workers: number;
  readonly settings: Settings;
  readonly logger: Logger;
}

/** What calls the functions: the two SQS mappings and the schedule. */
export interface Callers {
  /** They call no more. Resolves when the invocations under way have ended, or the signal fires. */
  stop(signal: AbortSignal): Promise<void>;
}

export function startCallers({ services, functions, workers, settings, logger }: CallersOptions): Callers {
  const clock = systemClock;
  const sqs = new SQSClient({
    endpoint: services.sqs.url,
    region: localRegion,
    credentials: localCredentials,
    maxAttempts: 1, // the polling loop has its own pauses
  });
  countSqsRequests(sqs); // AWS bills the mapping's requests too
  const mapping = { sqs, batchSize, clock, logger };
  const { deadLetterQueue, queue } = services;
  const executing = { ...mapping, queue, target: functions.execute, concurrency: workers };
  const callers = [
    // Without executors of its own, the stack is served by workers that receive for themselves.
    ...(workers > 0 ? [startEventSource(executing)] : []),
    startEventSource({
      ...mapping,
      queue: deadLetterQueue,
      target: functions.deadLetter,
      concurrency: 1,
    }),
    startSchedule({ target: functions.discover, periodMs: settings.discoveryPeriod, clock, logger }),
  ];
  return {
    async stop(signal) {
      await Promise.all(callers.map((caller) => caller.stop(signal)));
      sqs.destroy();
    },
  };
}
