import type { TaskLimit } from '../define/limit.ts';
import { type HoldfastError, isUnreachable } from '../model/errors.ts';
import type { Limited, LimitKey } from '../model/limit.ts';
import type { Run } from '../model/run.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import { sleep } from '../ports/clock.ts';
import type { Fence } from '../protocol/guards.ts';
import { askForSlot, type SlotAnswer } from '../protocol/slots.ts';
import { limitKeyOf } from './limit-key.ts';
import { LimitReached } from './limit-reached.ts';
import type { LimitPorts } from './ports.ts';
import { SlotKeeper } from './slot-keeper.ts';
import { wakeWaiters } from './waiters.ts';

/** What holds the slot: an attempt under its lease. */
export interface Holding {
  readonly run: Run;
  readonly fence: Fence;
  readonly leaseMs: Ms;
  /** When the surroundings end. */
  readonly endsAt: EpochMs;
  /** Fires when the attempt is no longer wanted. */
  readonly signal: AbortSignal;
  /** Ends the attempt: somebody else may have the slot. */
  readonly lose: (reason: HoldfastError) => void;
}

/** Others ask at the same time; after so many tries the node queues up. */
const triesMax = 12;
const pauseMaxMs = 40;
const unansweredPauseMs = 500;
/** Slots that nobody asks for are forgotten after this. */
const keptMs = 86_400_000;

/**
 * Does the work if the limit allows it now, and holds its slot meanwhile.
 *
 * ```
 * claim ──▶ ask ─┬─ taken ──▶ work (slot renewed beside the lease) ──▶ slot free ──▶ next waiter rung
 *                ├─ full ──▶ node given back, waiter entered ── slot free ──▶ rung ──▶ claim …
 *                └─ too early ──▶ node given back until its permit ──▶ claim …
 * ```
 *
 * @throws LimitReached when it must wait; HoldfastError `InvalidArgument` for a key that is none
 */
export async function withinLimit<T>(
  ports: LimitPorts,
  limit: TaskLimit | undefined,
  { holding, input }: { holding: Holding; input: unknown },
  work: () => T | Promise<T>,
): Promise<T> {
  if (!limit) return await work();
  const key = limitKeyOf(limit, input, holding.run.tenant);
  await take(ports, limit, key, holding);
  if (limit.concurrency === undefined) return await work();
  const keeper = new SlotKeeper(ports, key, holding);
  try {
    return await work();
  } finally {
    await keeper.stop();
    await release(ports, limit, key, holding);
  }
}

async function take(ports: LimitPorts, limit: TaskLimit, key: LimitKey, holding: Holding): Promise<void> {
  const { clock, limits, random } = ports;
  const { endsAt, fence, leaseMs, run } = holding;
  const node = run.nodes[fence.node];
  const attempt = node?.attempt ?? 0;
  // A permit is for the attempt that asked for it.
  const before = node?.limited?.attempt === attempt && isSame(node.limited, key) ? node.limited : undefined;
  const reached = (now: EpochMs, permit?: EpochMs) => {
    const since = before?.since ?? now;
    return new LimitReached({ ...key, since, attempt, ...(permit !== undefined && { permit }) });
  };
  const ask = async (): Promise<SlotAnswer | undefined> => {
    const slots = await limits.read(key);
    const now = clock.now();
    const until = Math.min(now + leaseMs, endsAt);
    const hasWaited = before !== undefined;
    const request = { holder: fence.nonce, until, now, permit: before?.permit, hasWaited };
    const asked = askForSlot(slots, limit, request);
    const next = 'next' in asked ? asked.next : undefined;
    return !next || (await limits.write(key, next, until + keptMs)) ? asked : undefined;
  };
  for (let tries = 0; tries < triesMax; tries += 1) {
    const asked = await ask().catch((error: unknown) => {
      // What was written without an answer is found by asking again: it is no failure of the attempt.
      if (!isUnreachable(error) || tries + 1 === triesMax) throw error;
      return 'unanswered' as const;
    });
    if (asked === 'unanswered') await sleep(clock, unansweredPauseMs);
    else if (!asked) await sleep(clock, random.fraction() * pauseMaxMs);
    else if (asked.answer === 'taken') return;
    else throw reached(clock.now(), asked.answer === 'later' ? asked.permit : undefined);
  }
  throw reached(clock.now());
}

const isSame = (a: Limited, b: LimitKey): boolean => a.name === b.name && a.key === b.key;

/** What fails here costs time only: the slot ends by itself. */
async function release(
  ports: LimitPorts,
  limit: TaskLimit,
  key: LimitKey,
  { fence }: Holding,
): Promise<void> {
  try {
    const left = await ports.limits.release(key, fence.nonce);
    await wakeWaiters(ports, key, limit, left);
  } catch (error) {
    ports.logger.warn('slot not released: it ends with its lease', { limit: key.name, error });
  }
}
