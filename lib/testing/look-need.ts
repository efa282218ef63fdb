import type { NodeId } from '../model/ids.ts';
import { type LeasedNode, nodesOf, type Run, type RunNode } from '../model/run.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import type { CheckedWrite } from './invariants.ts';
import { hasLiveChildren, isDeliverable, isWaiting } from './waiting.ts';

/* By when somebody must look at a run: invariant I9, written from the design and not from the code. */

export const graceMs: Ms = 5_000;
const doorbellMs: Ms = 60_000;
const pauseMaxMs: Ms = 900_000;
const idleMs: Ms = 86_400_000;

/** A fork whose branches have all ended, while nobody has opened its join. */
export function joinsOwed(run: Run): string[] {
  const ended = new Map<string, number>();
  for (const node of Object.values(run.nodes)) {
    if (node.status !== 'succeeded' || !node.ends || run.nodes[node.ends.fork]) continue;
    const { fork, of } = node.ends;
    ended.set(fork, (ended.get(fork) ?? of) - 1);
  }
  return [...ended].flatMap(([fork, left]) => (left <= 0 ? [fork] : []));
}

/** I9. It can only be broken by a write: time alone changes neither `at` nor the need. */
export function lookedAtInTime(before: Run, run: Run, write: CheckedWrite, at: EpochMs): string[] {
  const now = at + write.skewMs;
  // Nobody can look at it earlier than now.
  const needed = Math.max(now, needOfRun(before, run, write, now));
  return run.at > needed ? [`I9: looked at ${run.at - needed} ms too late`] : [];
}

function needOfRun(before: Run, run: Run, write: CheckedWrite, now: EpochMs): EpochMs {
  // Its duties are done by who ended it, else by a look.
  if (run.phase === 'ending') return isLook(write) ? now + lookPause(before.looks) : now + doorbellMs;
  if (run.phase !== 'active') return Number.POSITIVE_INFINITY;
  if (run.control) return needOfStopped(before, run, write, now);
  return run.waitsFor ? needOfDependent(before, write, now) : needAt(before, run, write, now);
}

/** A run that starts nothing can be ended or parked once its last lease is over, or as soon as nobody holds one. */
function needOfStopped(before: Run, run: Run, write: CheckedWrite, now: EpochMs): EpochMs {
  const needed = Math.max(now, ...Object.values(run.nodes).map(leaseNeed));
  // What leaves nodes and control alone, such as a new dependent, makes no need; nor does what a pausing run is told.
  const isSame =
    run.nodes === before.nodes || (run.control?.kind === 'pause' && holders(run) === holders(before));
  if (!isLook(write) && run.control === before.control && isSame) return Math.max(needed, before.at);
  // Its children end first, and the last of them tells it.
  if (run.control?.kind === 'cancel' && hasLiveChildren(run))
    return Math.max(needed, isLook(write) ? now + lookPause(before.looks) : before.at);
  // Whoever lets go last tends the run; should it crash instead, the look for a lease that was is soon enough.
  const { name } = write.transition;
  const isLate =
    name === 'pathCommit' || name === 'await' || (name === 'commit' && run.control?.kind === 'pause');
  return isLate ? Math.max(needed, before.at) : needed;
}

const holders = ({ nodes }: Run): number => Object.values(nodes).filter(isLeased).length;

/** Whatever it waits for tells it; looks make sure of that. */
const needOfDependent = (before: Run, write: CheckedWrite, now: EpochMs): EpochMs =>
  isLook(write) ? now + lookPause(before.looks) : before.at;

/** The earliest need of what the write made; where it puts the look off, of everything that is open. */
function needAt(before: Run, run: Run, write: CheckedWrite, now: EpochMs): EpochMs {
  const isAll = run.at > before.at || before.waitsFor !== undefined || before.control !== undefined;
  const needs = nodesOf(run).flatMap(([path, node]) =>
    isAll || !isSameNeed(node, before.nodes[path]) ? needOf(path, node, { before, write, now }) : [],
  );
  const sent = isLook(write) ? now + lookPause(before.looks) : now + doorbellMs;
  const owed = new Set(isAll ? [] : joinsOwed(before));
  const joins = joinsOwed(run).flatMap((fork) => (owed.has(fork) ? [] : sent));
  const isKept = isDeliverable(run) && (isAll || !isDeliverable(before));
  return Math.min(...needs, ...joins, ...(isKept ? [now] : []));
}

/** Of a lease or a doorbell that was there before, whatever else the node was told. */
const isSameNeed = (node: RunNode, old: RunNode | undefined): boolean =>
  node === old ||
  (old !== undefined && isLeased(old) && isLeased(node) && node.lease === old.lease) ||
  (old?.status === 'ready' && node.status === 'ready' && node.notBefore === old.notBefore);

interface Circumstances {
  readonly before: Run;
  readonly write: CheckedWrite;
  readonly now: EpochMs;
}

function needOf(path: NodeId, node: RunNode, { before, now, write }: Circumstances): EpochMs[] {
  const pause = lookPause(before.looks);
  if (isLeased(node)) {
    const old = before.nodes[path];
    const isAbandoned = isLook(write) && old?.status === 'running' && old.lease.until < now - graceMs;
    // One that has long been over is looked at as soon as the run may go on.
    const earliest = isAbandoned ? now + pause : before.control ? now : 0;
    return [Math.max(leaseNeed(node), earliest)];
  }
  const slotAt = slotLookAt(node);
  if (slotAt !== undefined && slotAt > now) return [slotAt];
  const due = dueAt(node, now);
  if (due === undefined) return [];
  if (isLook(write)) return [Math.max(due + doorbellMs, Math.max(now, due) + pause)];
  return [write.rings && !write.rings.includes(path) ? Math.max(now, due) : Math.max(now, due) + doorbellMs];
}

/** When it is due that a node is worked on; of what is told when it comes, only to see whether it was. */
function dueAt(node: RunNode, now: EpochMs): EpochMs | undefined {
  if (node.status === 'ready') return node.notBefore;
  return isWaiting(node) ? (node.signal?.until ?? now + idleMs) : undefined;
}

/** Whoever frees a slot rings the node that waits for it; should that be lost, it asks again. */
const slotLookAt = ({ limited, status }: RunNode): EpochMs | undefined =>
  status === 'ready' && limited?.permit === undefined ? limited?.until : undefined;

const isLook = ({ transition }: CheckedWrite) => transition.name === 'look';
const leaseNeed = (node: RunNode): EpochMs => (isLeased(node) ? node.lease.until + graceMs + 1 : 0);
/** Spoiled writes leave nodes that run without a lease. */
export const isLeased = (node: RunNode): node is LeasedNode => node.status === 'running' && 'lease' in node;
/** The pause after look 0, 1, 2 …: 1, 2, 4 … minutes, at most 15. */
const lookPause = (looks: number): Ms => Math.min(pauseMaxMs, doorbellMs * 2 ** looks);
