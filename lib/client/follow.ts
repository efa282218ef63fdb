import { parseDuration } from '../model/duration.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Ms } from '../model/time.ts';
import { type Clock, sleep } from '../ports/clock.ts';
import type { WaitOptions } from './client.ts';
import { isFinished } from './finished.ts';
import type { FinishedRun, Run } from './run-view.ts';

const pauseMsMin: Ms = 50;
export const pauseMsMax: Ms = 1_000;
const pauseGrowth = 1.5;
/** Looks in a row that may fail for want of an answer, once there was one. */
export const silentLooksMax = 10;

/** One look at a run; the signal interrupts it. */
export type Look = (signal: AbortSignal) => Promise<Run>;

/**
 * The run, looked at again and again until it has ended: the last one given is a finished one. The pauses grow from
 * 50 ms to 1 s.
 *
 * @throws HoldfastError `WaitTimedOut`, and those of the look; the signal's reason when it fires
 */
async function* follow(look: Look, clock: Clock, options: WaitOptions = {}): AsyncGenerator<Run, void> {
  const ending = new AbortController();
  const signals = options.signal ? [options.signal, ending.signal] : [ending.signal];
  const timer = options.timeout === undefined ? undefined : interruptAfter(options.timeout, ending, clock);
  const signal = AbortSignal.any(signals);
  try {
    // Even with a timeout of 0 a run that has ended is seen to have.
    let run = await look(AbortSignal.any(signals.slice(0, -1)));
    yield run;
    for (let pause = pauseMsMin; !isFinished(run); pause = Math.min(pause * pauseGrowth, pauseMsMax)) {
      await sleep(clock, pause, signal);
      run = await lookAgain(look, clock, signal);
      yield run;
    }
  } finally {
    timer?.cancel();
  }
}

/** Each state of a run that differs from the one before, the first and the last included. @throws as `follow` */
export async function* changesOf(
  look: Look,
  clock: Clock,
  options: WaitOptions = {},
): AsyncGenerator<Run, void> {
  let before: string | undefined;
  for await (const run of follow(look, clock, options)) {
    const text = JSON.stringify(run);
    if (text !== before) yield run;
    before = text;
  }
}

/** @throws as `follow` */
export async function waitForEnd(look: Look, clock: Clock, options: WaitOptions = {}): Promise<FinishedRun> {
  for await (const run of follow(look, clock, options)) if (isFinished(run)) return run;
  throw new Error('a run was followed no further before its end');
}

/** A long wait outlives a restart of the server. */
async function lookAgain(look: Look, clock: Clock, signal: AbortSignal): Promise<Run> {
  for (let failed = 1; ; failed++) {
    signal.throwIfAborted();
    try {
      return await look(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isSilence(error) || failed >= silentLooksMax) throw error;
      await sleep(clock, pauseMsMax, signal);
    }
  }
}

const notNow: ReadonlySet<string> = new Set(['ApiUnreachable', 'StoreUnreachable', 'TooManyRequests']);

/** Whether nobody answered, or not now. */
export function isSilence(error: unknown): boolean {
  return error instanceof HoldfastError && notNow.has(error.code);
}

/** Aborts with `WaitTimedOut` once the time is over. */
export function interruptAfter(
  timeout: NonNullable<WaitOptions['timeout']>,
  ending: AbortController,
  clock: Clock,
) {
  return clock.after(parseDuration(timeout, 'timeout'), () => {
    ending.abort(new HoldfastError('WaitTimedOut', `The run has not ended within ${timeout}`));
  });
}
