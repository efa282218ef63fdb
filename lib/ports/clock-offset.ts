import type { Ms } from '../model/time.ts';

/** How far the store's clock is ahead of this machine's; negative where it is behind. */
export interface ClockOffset {
  readonly ms: Ms;
  /** The true offset is no further from `ms` than this. */
  readonly doubtMs: Ms;
  /** How many answers in a row agree on it. */
  readonly answers: number;
}

/** Compares this machine's clock with the store's by the answers that come anyway. It corrects neither. */
export interface OffsetGauge {
  /** Undefined before the first answer that tells the time. */
  read(): ClockOffset | undefined;
}

/** One answer may have been made up by what stands between; so many in a row are believed. */
const answersMin = 3;
/** Dates of answers are whole seconds: this much doubt is left to whoever asks rarely. */
const doubtMsAllowed: Ms = 500;

/** Whether further answers would say little more. */
export const isSettled = (offset: ClockOffset | undefined): boolean =>
  offset !== undefined && offset.answers >= answersMin && offset.doubtMs <= doubtMsAllowed;

/**
 * Whether the clocks are further apart than this, as sure as half a second. Two machines that are not off by the default
 * of 2 s are at most 2 × 2.5 s apart, which is the grace after a lease's end: none takes over what is not over.
 */
export function isOff(offset: ClockOffset | undefined, toleranceMs: Ms): offset is ClockOffset {
  if (!offset || offset.answers < answersMin) return false;
  return Math.abs(offset.ms) > toleranceMs + Math.max(0, offset.doubtMs - doubtMsAllowed);
}
