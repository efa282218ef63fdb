import type { NodeId } from '../model/ids.ts';
import type { Dispatch } from '../model/message.ts';
import {
  type AwaitingNode,
  type LeasedNode,
  type LoopingNode,
  nodesOf,
  type Run,
  type RunNode,
} from '../model/run.ts';
import type { EpochMs, EpochSec, Ms } from '../model/time.ts';
import type { Guard, Transition } from '../model/transition.ts';
import { expired, isAbandoned } from './abandoned.ts';
import { finaliseCancel } from './cancel.ts';
import { park } from './control.ts';
import { dispatchOf } from './dispatch.ts';
import { exhaust } from './exhaust.ts';
import { equals, guard, inPhase, set } from './guards.ts';
import { dispatchGraceMs, foreignDeferMs, idleLookMs, lookPauseMaxMs } from './limits.ts';
import { leaseNeedAt } from './look-in-time.ts';
import { forksToJoin } from './nodes/join.ts';
import { hasChildren, isQuiet, quietAt } from './quiet.ts';
import { deliver } from './signal.ts';

/** What one look does: a write first, and only if it was applied, the messages. */
export interface Look {
  readonly transition: Transition;
  readonly dispatches: readonly Dispatch[];
  /** What concerns other runs, too, and is done after the write. */
  readonly relations?: Relations;
}

export type Relations =
  /** It has ended: its duties are to be done. */
  | 'discharge'
  /** It waits for others: they must know it, or release it. */
  | 'attach'
  /** It is being cancelled: its children must end first. */
  | 'endChildren'
  /** It has waited for its children for long: they may be gone. */
  | 'checkChildren';

export interface LookOptions {
  readonly now: EpochMs;
  /** Timers due within this time are sent ahead, as delayed messages. */
  readonly lookaheadMs: Ms;
  /** False while the queue is deep: then only timers and abandoned leases ring. */
  readonly repeatDoorbells: boolean;
  readonly expires: EpochSec;
  /** After how long in a pool a node has aged: it is rung for then, however deep the queue is. Default: it never has. */
  readonly agesAfterMs?: (pool: string) => Ms | undefined;
}

/** What discovery does for one run that the index named; undefined when nothing is to be done yet. */
export function look(run: Run, options: LookOptions): Look | undefined {
  const { now } = options;
  if (run.phase === 'ending') return onlyRelations(run, 'discharge', now);
  if (run.phase !== 'active') return undefined;
  if (run.control?.kind === 'cancel') return lookAtCancelled(run, options);
  if (run.control?.kind === 'pause') return lookAtPausing(run, now);
  if (run.waitsFor) return onlyRelations(run, 'attach', now);
  const handed = deliver(run, now);
  if (handed) return handed;
  const tended = [
    ...nodesOf(run).map(([id, node]) => tend(run, id, node, options)),
    ...forksToJoin(run).map(({ by }) => tendJoin(run, by, options)),
  ];
  const final = tended.find((each) => each.final)?.final;
  if (final) return { transition: final, dispatches: [] };
  const dispatches = tended.flatMap((each) => each.dispatches);
  if (dispatches.length === 0 && run.at > now) return undefined;
  const next = Math.min(...tended.map((each) => each.next));
  const looks = dispatches.length > 0 ? run.looks + 1 : run.looks;
  const transition = moveAt(run, { next, looks, now });
  return { transition, dispatches, ...(hasChildren(run) && { relations: 'checkChildren' as const }) };
}

/** A run that a newer version wrote: looked at again later, by those who can. */
export function lookAtUnreadable(
  run: Pick<Run, 'tenant' | 'run' | 'at' | 'rev'>,
  now: EpochMs,
): Look | undefined {
  if (run.at > now) return undefined;
  const key = { tenant: run.tenant, run: run.run };
  const transition = { name: 'look', key, guards: asSeen(run), updates: [set(['at'], now + foreignDeferMs)] };
  return { transition, dispatches: [] };
}

interface Tended {
  readonly dispatches: readonly Dispatch[];
  /** When this node must be looked at next. */
  readonly next: EpochMs;
  readonly final?: Transition;
}

function tend(run: Run, id: NodeId, node: RunNode, options: LookOptions): Tended {
  if (node.status === 'ready') {
    const waitsUntil = slotLookAt(node);
    if (waitsUntil !== undefined && waitsUntil > options.now) return { dispatches: [], next: waitsUntil };
    const agesAfterMs = options.agesAfterMs?.(node.pool ?? run.pool);
    return agesAfterMs === undefined
      ? tendDue(run, id, node.notBefore, options)
      : tendAging(run, id, { due: node.notBefore, agesAt: node.notBefore + agesAfterMs }, options);
  }
  if (node.status === 'running') return tendLeased(run, id, node, options);
  if (node.status === 'waiting') return tendWaiting(run, id, node, options);
  return { dispatches: [], next: options.now + idleLookMs };
}

/** Before that, a node that waits for a slot is rung by whoever frees one. */
const slotLookAt = ({ limited }: RunNode): EpochMs | undefined =>
  limited?.permit === undefined ? limited?.until : undefined;

/** What a node waits for is told, by whoever brings it about; only a timeout comes by itself. */
function tendWaiting(run: Run, id: NodeId, node: LoopingNode | AwaitingNode, options: LookOptions): Tended {
  const until = node.signal?.until;
  if (until === undefined) return { dispatches: [], next: options.now + idleLookMs };
  return tendDue(run, id, until, options);
}

/** As one that does not age, but looked at when it has, and rung for then in the lane for these. */
function tendAging(
  run: Run,
  id: NodeId,
  { agesAt, due }: { due: EpochMs; agesAt: EpochMs },
  options: LookOptions,
): Tended {
  const { now } = options;
  if (now < agesAt) {
    const tended = tendDue(run, id, due, options);
    return { ...tended, next: Math.min(tended.next, agesAt) };
  }
  const { dispatches, next } = tendDue(run, id, due, { ...options, repeatDoorbells: true });
  return { dispatches: dispatches.map((each) => ({ ...each, aged: true as const })), next };
}

/** A node that can be worked on from `due` on. */
function tendDue(run: Run, id: NodeId, due: EpochMs, options: LookOptions): Tended {
  const { now, lookaheadMs } = options;
  // `at` not after `due`: nobody has sent the doorbell of this timer yet.
  const isTimer = run.at <= due;
  if (due > now + lookaheadMs) return { dispatches: [], next: due };
  if (run.at > now && !isTimer) return { dispatches: [], next: run.at };
  const from = Math.max(now, due);
  const next = from + pauseAfter(run.looks);
  if (!isTimer && !options.repeatDoorbells) return { dispatches: [], next };
  return { dispatches: [dispatchOf(run, id, { delayMs: from - now, hop: 0 })], next };
}

function tendLeased(run: Run, id: NodeId, node: LeasedNode, { now, expires }: LookOptions): Tended {
  if (!isAbandoned(node, now)) return { dispatches: [], next: leaseNeedAt(node.lease.until) };
  const next = now + pauseAfter(run.looks);
  if (node.attempt >= node.attemptsMax) {
    return { dispatches: [], next, final: exhaust(run, id, node, now, expires) };
  }
  return { dispatches: [dispatchOf(run, id, { delayMs: 0, hop: 0 })], next };
}

/** The holder of the last branch has ended before it opened the join. */
function tendJoin(run: Run, by: NodeId, { now }: LookOptions): Tended {
  if (run.at > now) return { dispatches: [], next: run.at };
  return { dispatches: [dispatchOf(run, by, { delayMs: 0, hop: 0 })], next: now + pauseAfter(run.looks) };
}

function lookAtCancelled(run: Run, { now, expires }: LookOptions): Look | undefined {
  if (hasChildren(run)) return onlyRelations(run, 'endChildren', now);
  if (isQuiet(run, now)) return { transition: finaliseCancel(run, now, expires), dispatches: [] };
  return waitForQuiet(run, now);
}

function lookAtPausing(run: Run, now: EpochMs): Look | undefined {
  if (isQuiet(run, now)) return { transition: park(run, now), dispatches: [] };
  return waitForQuiet(run, now);
}

function waitForQuiet(run: Run, now: EpochMs): Look | undefined {
  if (run.at > now) return undefined;
  return { transition: moveAt(run, { next: quietAt(run, now), looks: run.looks, now }), dispatches: [] };
}

/** What is to be done spans runs; should it not be done, it is tried again after a pause. */
function onlyRelations(run: Run, relations: Relations, now: EpochMs): Look | undefined {
  if (run.at > now) return undefined;
  const next = now + pauseAfter(run.looks);
  return { transition: moveAt(run, { next, looks: run.looks + 1, now }), dispatches: [], relations };
}

/**
 * `at` moves before anything is sent, guarded by the value that was seen: of two discoveries only one sends, and one
 * that dies in between costs a pause, not the run.
 */
function moveAt(run: Run, { next, looks, now }: { next: EpochMs; looks: number; now: EpochMs }): Transition {
  const updates = [set(['at'], next), ...(looks === run.looks ? [] : [set(['looks'], looks)])];
  const guards = [...inPhase('look', run.phase), ...asSeen(run), ...nodesAsSeen(run, now)];
  return { name: 'look', key: run, guards, updates };
}

const asSeen = (run: Pick<Run, 'at' | 'rev'>) => [
  guard('look.at', equals(['at'], run.at)),
  guard('look.rev', equals(['rev'], run.rev)),
];

/**
 * What holders write leaves `at` and `rev` alone, so that these do not show it:
 *
 * ```
 * D  reads: ready ─────────────── look: at = 15 min from now ──▶ refused
 * A                 claim (epoch 1), lease of a minute           (else its crash would be noticed 14 minutes late)
 * ```
 */
const nodesAsSeen = (run: Run, now: EpochMs): Guard[] =>
  nodesOf(run)
    .filter(([, { status }]) => status === 'ready' || status === 'running')
    .flatMap(([id, node]) => [
      guard('look.epoch', equals(['nodes', id, 'epoch'], node.epoch)),
      // Planned for the end of a lease that a renewal may have moved; a node without a lease has none that ended.
      node.status === 'running' && isAbandoned(node, now)
        ? expired('look', id, now)
        : guard('look.status', equals(['nodes', id, 'status'], node.status)),
    ]);

/** 1, 2, 4 … minutes, at most 15. */
const pauseAfter = (looks: number): Ms =>
  Math.min(lookPauseMaxMs, dispatchGraceMs * 2 ** Math.min(looks, 10));
