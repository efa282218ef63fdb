import type { LimitRule, Slots } from '../model/limit.ts';
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
}

/** To be written before it counts, on the condition that nobody else has written meanwhile: `next`, where it is there. */
export type SlotAnswer =
  | { readonly answer: 'taken'; readonly next?: Slots }
  | { readonly answer: 'full' }
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
 * By its rate, one that is too early is given the next time that is free, and nobody else gets that: a thousand that come
 * at once ask once each.
 */
export function askForSlot(slots: Slots = none, rule: LimitRule, request: SlotRequest): SlotAnswer {
  const { holder, now, until } = request;
  // Its answer was lost.
  if (Object.hasOwn(slots.holders, holder)) return { answer: 'taken' };
  const holders = liveHolders(slots, now);
  if (rule.concurrency !== undefined && Object.keys(holders).length >= rule.concurrency)
    return { answer: 'full' };
  const begins = askForTime(slots.evenAt, rule.rate, request);
  const next = (taken: Slots['holders']): Slots => ({
    rev: slots.rev + 1,
    holders: taken,
    ...(begins.evenAt !== undefined && { evenAt: begins.evenAt }),
  });
  if (begins.at > now) {
    const isNew = begins.evenAt !== slots.evenAt;
    return { answer: 'later', permit: begins.at, ...(isNew && { next: next(holders) }) };
  }
  const taken = rule.concurrency === undefined ? holders : { ...holders, [holder]: until };
  return { answer: 'taken', next: next(taken) };
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

/** When one may begin, and what is then kept: the generic cell rate algorithm (ITU-T I.371). */
function askForTime(
  evenAt: EpochMs | undefined,
  rate: LimitRule['rate'],
  { now, permit }: SlotRequest,
): { readonly at: EpochMs; readonly evenAt: EpochMs | undefined } {
  if (!rate) return { at: now, evenAt };
  if (permit !== undefined && now <= permit + Math.max(permitMsMin, rate.perMs))
    return { at: permit, evenAt };
  const even = Math.max(evenAt ?? 0, now) + rate.perMs / rate.count;
  // In whole milliseconds, upwards: never before its time.
  return { at: Math.max(now, Math.ceil(even - rate.perMs)), evenAt: even };
}
