import { parseDuration } from '../model/duration.ts';
import { HoldfastError } from '../model/errors.ts';
import { type Clock, sleep } from '../ports/clock.ts';
import type { WaitOptions } from './client.ts';
import type { FinishedRun, Run } from './run-view.ts';

const firstPauseMs = 20;
const pauseMsMax = 1_000;

export function isFinished<Output>(run: Run<Output>): run is FinishedRun<Output> {
  return 'endedAt' in run;
}

/**
 * Reads a run until it has ended, with growing pauses (20 ms to 1 s).
 *
 * @throws HoldfastError `WaitTimedOut`, or what `read` throws; the signal's reason when it fires
 */
export async function waitUntilFinished(
  read: () => Promise<Run>,
  clock: Clock,
  { timeout, signal }: WaitOptions,
): Promise<FinishedRun> {
  const until =
    timeout === undefined ? Number.POSITIVE_INFINITY : clock.now() + parseDuration(timeout, 'timeout');
  for (let pause = firstPauseMs; ; pause = Math.min(pauseMsMax, pause * 1.5)) {
    signal?.throwIfAborted();
    const run = await read();
    if (isFinished(run)) return run;
    const left = until - clock.now();
    if (left <= 0) {
      throw new HoldfastError('WaitTimedOut', `Run ${run.id} is still ${run.status} after ${timeout}`);
    }
    await sleep(clock, Math.min(pause, left), signal);
  }
}

/** The output of a finished run. @throws HoldfastError `RunFailed`, `RunCancelled` */
export function outputOf(run: FinishedRun): unknown {
  if (run.status === 'succeeded') return run.output;
  if (run.status === 'failed') {
    const { type, message, attempt } = run.error;
    throw new HoldfastError('RunFailed', `Run ${run.id} failed in attempt ${attempt}: ${type}: ${message}`, {
      cause: run.error,
    });
  }
  const reason = run.cancel?.reason ? `: ${run.cancel.reason}` : '';
  throw new HoldfastError('RunCancelled', `Run ${run.id} was ${run.status}${reason}`);
}
