import { type LeasedNode, type Run, type RunNode, schemaVersion, soleNode } from '../model/run.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import type { Transition } from '../model/transition.ts';
import type { Fence } from '../protocol/guards.ts';

/*
 * The invariants of single tasks, written from the design and not from the code. Not applicable until there are
 * workflows: I3, I16, I17 (dependencies), I14, I18 (children), I15 (signals). I1 follows from I2 and I11.
 */

const graceMs = 5_000;
const doorbellMs = 60_000;
const pauseMaxMs = 900_000;
const lookaheadMs = 60_000;

/** A conditional write, and what it is meant to be: what the checks hold it to. */
export interface CheckedWrite {
  readonly transition: Transition;
  /** How far the writer's clock is ahead. */
  readonly skewMs: Ms;
  /** The lease under which a holder writes. */
  readonly fence?: Fence;
  /** The definition that a claimant will execute; not checked where it is not known. */
  readonly hash?: string;
  /** A hand-back that sends no message. */
  readonly silent?: boolean;
}

const nodeOf = (run: Run): RunNode => {
  const node = run.nodes[soleNode];
  if (!node) throw new Error(`run ${run.run} has lost its node`);
  return node;
};
const isOpen = (node: RunNode) => node.status === 'ready' || node.status === 'running';

/** What a write that was applied breaks. `before` is what it was applied to. */
export function brokenByWrite(before: Run, run: Run, write: CheckedWrite, now: EpochMs): string[] {
  const old = nodeOf(before);
  const node = nodeOf(run);
  return [
    ...always(before, old, run, node),
    ...(write.fence ? fencing(old, write) : []),
    ...ownChecks(before, run, write, now),
    ...lookedAtInTime(before, run, write, now),
  ];
}

function always(before: Run, old: RunNode, run: Run, node: RunNode): string[] {
  const broken: string[] = [];
  if (before.phase !== 'active') broken.push('I2: a write on a run that has ended');
  if (!isOpen(old) && JSON.stringify(old) !== JSON.stringify(node))
    broken.push('I11: a node that had ended was changed');
  if (run.epoch < before.epoch || node.epoch < old.epoch) broken.push('I7: an epoch decreased');
  if (before.schema > schemaVersion) broken.push('version: an item of a newer version was written');
  if (run.submission !== before.submission) broken.push('I10: the run became another one');
  if (before.control && JSON.stringify(run.control) !== JSON.stringify(before.control))
    broken.push('I13: a cancel was withdrawn or overwritten');
  return broken;
}

function fencing(old: RunNode, { fence }: CheckedWrite): string[] {
  const holds = old.status === 'running' && old.epoch === fence?.epoch && old.lease.nonce === fence.nonce;
  return holds ? [] : ['I5: a write of one who does not hold the lease'];
}

function ownChecks(before: Run, run: Run, write: CheckedWrite, now: EpochMs): string[] {
  const old = nodeOf(before);
  switch (write.transition.name) {
    case 'claim':
    case 'takeOver':
      return [...starting(before, old, run, write, now), ...seizing(old, write, now)];
    case 'exhaust':
      return [...seizing(old, write, now), ...ending(before, run), ...spent(old)];
    case 'finaliseCancel':
      return [...seizing(old, write, now), ...ending(before, run), ...asked(before)];
    case 'commit':
      return ending(before, run);
    case 'renew':
      return shortening(old, nodeOf(run));
    case 'look':
      return looking(before, old, run, write, now);
    default:
      return [];
  }
}

function starting(
  before: Run,
  old: RunNode,
  run: Run,
  { hash, skewMs }: CheckedWrite,
  now: EpochMs,
): string[] {
  const broken: string[] = [];
  const node = nodeOf(run);
  if (run.epoch !== before.epoch + 1 || node.epoch !== run.epoch)
    broken.push('I4: a lease without an epoch of its own');
  if (node.attempt !== old.attempt + 1) broken.push('I8: an attempt was not counted');
  if (before.control) broken.push('I13: a cancelled run started something');
  if (old.notBefore > now + skewMs) broken.push('I12: started before its time');
  if (hash !== undefined && before.hash !== hash) broken.push('version: started under another definition');
  if (!isOpen(old)) broken.push('I1: started again after its end');
  return broken;
}

/** Taking a node from its holder. Clocks may be ahead by the grace; of those that are more so, by no more than they are. */
const seizing = (old: RunNode, { skewMs }: CheckedWrite, now: EpochMs): string[] =>
  old.status === 'running' && old.lease.until >= now + Math.max(0, skewMs - graceMs)
    ? ['I6: taken from a holder whose lease was alive']
    : [];

const shortening = (old: RunNode, node: RunNode): string[] =>
  old.status === 'running' && node.status === 'running' && node.lease.until < old.lease.until
    ? ['I6: a renewal took time from its holder']
    : [];

function ending(before: Run, run: Run): string[] {
  const node = nodeOf(run);
  const expected = before.control ? 'cancelled' : node.status;
  return [
    ...(isOpen(node) ? ['I1: a run ended with its node open'] : []),
    ...(run.phase === expected ? [] : [`I13: the run ended ${run.phase}, not ${expected}`]),
    ...(run.expires === undefined ? ['a run ended without an expiry'] : []),
  ];
}

const spent = (old: RunNode): string[] =>
  old.attempt < old.attemptsMax ? ['I8: given up with attempts left'] : [];

const asked = (before: Run): string[] =>
  before.control ? [] : ['I13: cancelled although nobody asked for it'];

function looking(
  before: Run,
  old: RunNode,
  run: Run,
  { transition, skewMs }: CheckedWrite,
  at: EpochMs,
): string[] {
  const now = at + skewMs;
  const sends = transition.updates.some((update) => 'set' in update && update.set[0] === 'looks');
  if (!sends) return [];
  const moves = transition.updates.some((update) => 'set' in update && update.set[0] === 'at');
  const isTimer = before.at <= old.notBefore && old.notBefore <= now + lookaheadMs;
  // An abandoned lease may be tended before its time has come.
  const isAbandoned = old.status === 'running' && old.lease.until < now - graceMs;
  return [
    ...(before.at <= now || isTimer || isAbandoned
      ? []
      : ['discovery: a doorbell for a run that was not due']),
    ...(moves && run.at >= before.at ? [] : ['discovery: a doorbell without moving the index']),
  ];
}

/** I9. It can only be broken by a write: time alone changes neither `at` nor the need. */
function lookedAtInTime(before: Run, run: Run, write: CheckedWrite, now: EpochMs): string[] {
  if (run.phase !== 'active') return [];
  const needed = needAt(before, run, write, now);
  return run.at > needed ? [`I9: looked at ${run.at - needed} ms too late`] : [];
}

/** By when somebody must look at the run that the write made; as the writer's clock has it. */
function needAt(before: Run, run: Run, { transition, skewMs, silent }: CheckedWrite, at: EpochMs): EpochMs {
  const now = at + skewMs;
  const old = nodeOf(before);
  const node = nodeOf(run);
  if (run.control) return Math.max(now, node.status === 'running' ? leaseNeed(node) : 0);
  const sent = transition.name === 'look' ? now : 0;
  if (node.status === 'running') {
    const isAbandoned = old.status === 'running' && old.lease.until < now - graceMs;
    return Math.max(leaseNeed(node), isAbandoned ? sent + lookPause(before.looks) : 0);
  }
  if (silent) return node.notBefore;
  const again = sent === 0 ? 0 : Math.max(sent, node.notBefore) + lookPause(before.looks);
  return Math.max(node.notBefore + doorbellMs, again);
}

const leaseNeed = (node: LeasedNode): EpochMs => node.lease.until + graceMs + 1;
/** The pause after look 0, 1, 2 …: 1, 2, 4 … minutes, at most 15. */
const lookPause = (looks: number): Ms => Math.min(pauseMaxMs, doorbellMs * 2 ** looks);

/** What is wrong with a run, whatever led to it. */
export function brokenInRun(run: Run): string[] {
  const node = nodeOf(run);
  const broken: string[] = [];
  if ((run.phase === 'active') !== isOpen(node)) broken.push(`run ${run.phase}, but its node ${node.status}`);
  if (node.attempt < 0 || node.attempt > node.attemptsMax)
    broken.push(`I8: ${node.attempt} of ${node.attemptsMax} attempts`);
  if ((node.status === 'running') !== 'lease' in node)
    broken.push(`a lease on a node that is ${node.status}`);
  return broken;
}
