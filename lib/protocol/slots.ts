import type { LimitRule, Rate, Slots } from '../model/limit.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import { takeOverGraceMs } from './limits.ts';

/** How long after its time a permit may still be used: longer, and those kept back would begin all at once. */
const permitMsMin: Ms = 60_000;

export interface SlotRequest {
  /** The nonce of the attempt that asks. */
  readonly holder: string;
  /** Until when it holds the slot unless it renews it. */
  readonly until: EpochMs;
  readonly now: EpochMs;
  /** What an earlier answer `later` gave it. */
  readonly permit?: EpochMs | undefined;
  /** It has asked before, and waited since. */
  readonly hasWaited: boolean;
}

/** To be written before it counts, on the condition that nobody else has written meanwhile: `next`, where it is there. */
export type SlotAnswer =
  | { readonly answer: 'taken'; readonly next?: Slots }
  /** It is to wait for a slot, behind those that do. */
  | { readonly answer: 'full'; readonly next?: Slots }
  /** A permit for a later time, which nobody else gets. */
  | { readonly answer: 'later'; readonly permit: EpochMs; readonly next?: Slots };

const none: Slots = { rev: 0, holders: {} };

/**
 * Asks for a slot of a limit, on the slots as they were read.
 *
 * A slot is a lease: it is free again a grace after its end, whatever became of its holder, so none can leak.
 *
 * ```
 * A  asks (rev 7: 4 of 5) ──────── writes rev 8 if rev = 7 ──▶ taken
 * B    asks (rev 7: 4 of 5) ────────── writes rev 8 if rev = 7 ──▶ refused ── asks (rev 8: 5 of 5) ──▶ full
 * ```
 *
 * While some wait for a slot, one that is free is for them: whoever asks for the first time would else overtake them, for
 * it takes a while until one that is rung asks.
 *
 * By its rate, one that is too early is given the next time that is free, and nobody else gets that: a thousand that come
 * at once ask once each.
 */
export function askForSlot(slots: Slots = none, rule: LimitRule, request: SlotRequest): SlotAnswer {
  const { hasWaited, holder, now, until } = request;
  // Its answer was lost.
  if (Object.hasOwn(slots.holders, holder)) return { answer: 'taken' };
  const holders = liveHolders(slots, now);
  const isNext = hasWaited || !slots.awaited;
  if (rule.concurrency !== undefined && !(isNext && Object.keys(holders).length < rule.concurrency))
    return slots.awaited
      ? { answer: 'full' }
      : { answer: 'full', next: { ...slots, rev: slots.rev + 1, awaited: true } };
  const begins = askForTime(slots, rule.rate, request);
  const next = { ...slots, rev: slots.rev + 1, holders, ...begins.kept };
  if (begins.at > now) return { answer: 'later', permit: begins.at, ...(begins.kept && { next }) };
  const taken = rule.concurrency === undefined ? holders : { ...holders, [holder]: until };
  return { answer: 'taken', next: { ...next, holders: taken } };
}

/** To be written when none of those that waited is left; undefined where that is known already. */
export function noneWaits({ awaited, ...slots }: Slots): Slots | undefined {
  return awaited && { ...slots, rev: slots.rev + 1 };
}

/** How many could be taken now. */
export function freeSlots(
  slots: Slots | undefined,
  { concurrency = Infinity }: LimitRule,
  now: EpochMs,
): number {
  const held = slots ? Object.keys(liveHolders(slots, now)).length : 0;
  return Math.max(0, concurrency - held);
}

function liveHolders({ holders }: Slots, now: EpochMs): Slots['holders'] {
  return Object.fromEntries(Object.entries(holders).filter(([, until]) => until + takeOverGraceMs >= now));
}

/** When one may begin, and what is to be kept of it: the generic cell rate algorithm (ITU-T I.371). */
function askForTime(
  slots: Slots,
  rate: Rate | undefined,
  { now, permit }: SlotRequest,
): { readonly at: EpochMs; readonly kept?: { readonly evenAt: EpochMs; readonly rate: Rate } } {
  if (!rate) return { at: now };
  if (permit !== undefined && now <= permit + Math.max(permitMsMin, rate.perMs)) return { at: permit };
  const evenAt = Math.max(beginsAt(slots, rate, now), now) + rate.perMs / rate.count;
  // In whole milliseconds, upwards: never before its time.
  return { at: Math.max(now, Math.ceil(evenAt - rate.perMs)), kept: { evenAt, rate } };
}

/**
 * By another rate than before the bucket is as good as empty: the times that the old one gave stay theirs, but they may
 * lie days ahead, and do not hold up what comes now.
 */
function beginsAt({ evenAt = 0, rate: before }: Slots, rate: Rate, now: EpochMs): EpochMs {
  const isSame = before?.count === rate.count && before.perMs === rate.perMs;
  return isSame ? evenAt : Math.min(evenAt, now + rate.perMs);
}
