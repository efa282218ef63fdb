import type { Ms } from '../model/time.ts';
import { type Clock, sleep } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { fired } from './fired.ts';
import type { LambdaFunction } from './lambda-function.ts';

export interface ScheduleOptions {
  readonly target: Pick<LambdaFunction, 'name' | 'invoke'>;
  readonly periodMs: Ms;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Schedule {
  /** Starts no further invocation. Resolves when the one under way has ended, or the signal fires. */
  stop(signal?: AbortSignal): Promise<void>;
}

/**
 * What an EventBridge rule does: invokes the function at once and then once a period. Never two at a time: while one
 * takes longer than the period, the ticks it covers are left out. A failed one changes nothing for the next.
 */
export function startSchedule(options: ScheduleOptions): Schedule {
  const stopping = new AbortController();
  const ended = run(options, stopping.signal);
  return {
    async stop(signal) {
      stopping.abort();
      await (signal === undefined ? ended : Promise.race([ended, fired(signal)]));
    },
  };
}

async function run({ target, periodMs, clock, logger }: ScheduleOptions, signal: AbortSignal): Promise<void> {
  const start = clock.now();
  while (!signal.aborted) {
    try {
      await target.invoke(scheduledEvent(clock));
    } catch (error) {
      if (!signal.aborted) logger.error('the scheduled invocation failed', { function: target.name, error });
    }
    const passed = clock.now() - start;
    await sleep(clock, periodMs - (passed % periodMs), signal);
  }
}

function scheduledEvent(clock: Clock): object {
  return {
    version: '0',
    id: crypto.randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    time: new Date(clock.now()).toISOString(),
    resources: [],
    detail: {},
  };
}
