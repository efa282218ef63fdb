import type { EpochMs, Ms } from './time.ts';

/** How many may be at it at once, and how many may begin in a time. */
export interface LimitRule {
  /** Handlers at a time. */
  readonly concurrency?: number;
  readonly rate?: Rate;
}

/** A token bucket: `count` at once after a pause, and in the long run `count` each `perMs`. */
export interface Rate {
  readonly count: number;
  readonly perMs: Ms;
}

/** What is limited: all tasks that name the same limit, and of these those with the same key. */
export interface LimitKey {
  readonly name: string;
  /** The empty text where one limit holds for all. */
  readonly key: string;
}

/** Why a handler has not begun. */
export interface Reached extends LimitKey {
  /** When it asked first: its place among those that wait. */
  readonly since: EpochMs;
  /** From when on it may begin, by the rate; absent where it waits for a slot. */
  readonly permit?: EpochMs;
  /** The attempt that asked, and to which the permit belongs. */
  readonly attempt: number;
}

/** Of a node that was given back because its limit was reached. */
export interface Limited extends Reached {
  /** When it asks again at the latest, should nobody ring it. */
  readonly until: EpochMs;
}

/** What stands at one key of a limit. */
export interface Slots {
  /** Raised by every write. */
  readonly rev: number;
  /** Who is at it, by the nonce of the attempt, and until when without renewing. */
  readonly holders: Readonly<Record<string, EpochMs>>;
  /** Some wait for a slot: who asks for the first time goes behind them. */
  readonly awaited?: true;
  /** By the rate, when the next would begin if all began evenly. */
  readonly evenAt?: EpochMs;
  /** The rate by which `evenAt` was reckoned: another one does not go on from there. */
  readonly rate?: Rate;
}
