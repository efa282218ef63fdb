import type { NodeId } from '../model/ids.ts';
import { type LeasedNode, nodesOf, type Run, type RunNode } from '../model/run.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import type { CheckedWrite } from './invariants.ts';

/* By when somebody must look at a run: invariant I9, written from the design and not from the code. */

export const graceMs: Ms = 5_000;
const doorbellMs: Ms = 60_000;
const pauseMaxMs: Ms = 900_000;

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
  if (run.phase !== 'active') return [];
  const now = at + write.skewMs;
  const needed = run.control ? needOfCancelled(before, run, write, now) : needAt(before, run, write, now);
  return run.at > needed ? [`I9: looked at ${run.at - needed} ms too late`] : [];
}

/** A cancelled run can be ended once its last lease is over, or as soon as nobody holds one. */
function needOfCancelled(before: Run, run: Run, { transition }: CheckedWrite, now: EpochMs): EpochMs {
  const needed = Math.max(now, ...Object.values(run.nodes).map(leaseNeed));
  // Whoever ends the last branch tends the run; should it crash instead, the look for a lease that was is soon enough.
  return transition.name === 'pathCommit' ? Math.max(needed, before.at) : needed;
}

/** The earliest need of what the write made; where it puts the look off, of everything that is open. */
function needAt(before: Run, run: Run, write: CheckedWrite, now: EpochMs): EpochMs {
  const isPutOff = run.at > before.at;
  const needs = nodesOf(run).flatMap(([path, node]) =>
    isPutOff || node !== before.nodes[path] ? needOf(path, node, { before, write, now }) : [],
  );
  const sent = isLook(write) ? now + lookPause(before.looks) : now + doorbellMs;
  const owed = new Set(isPutOff ? [] : joinsOwed(before));
  const joins = joinsOwed(run).flatMap((fork) => (owed.has(fork) ? [] : sent));
  return Math.min(...needs, ...joins);
}

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
    return [Math.max(leaseNeed(node), isAbandoned ? now + pause : 0)];
  }
  if (node.status !== 'ready') return [];
  const { notBefore } = node;
  if (isLook(write)) return [Math.max(notBefore + doorbellMs, Math.max(now, notBefore) + pause)];
  return [write.rings && !write.rings.includes(path) ? notBefore : notBefore + doorbellMs];
}

const isLook = ({ transition }: CheckedWrite) => transition.name === 'look';
const leaseNeed = (node: RunNode): EpochMs => (isLeased(node) ? node.lease.until + graceMs + 1 : 0);
/** Spoiled writes leave nodes that run without a lease. */
export const isLeased = (node: RunNode): node is LeasedNode => node.status === 'running' && 'lease' in node;
/** The pause after look 0, 1, 2 …: 1, 2, 4 … minutes, at most 15. */
const lookPause = (looks: number): Ms => Math.min(pauseMaxMs, doorbellMs * 2 ** looks);
