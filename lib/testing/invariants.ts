import type { Shape } from '../model/definition.ts';
import { type Control, isOpen, type Run, type RunNode, schemaVersion } from '../model/run.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import type { Transition } from '../model/transition.ts';
import type { Fence } from '../protocol/guards.ts';
import { graceMs, isLeased, joinsOwed, lookedAtInTime } from './look-need.ts';
import { ended, phases } from './phase-writes.ts';
import { endOf } from './relations.ts';
import { skipped, told } from './told-writes.ts';
import { branchesLost } from './tree-states.ts';
import { type Change, changesOf, treeWrites } from './tree-writes.ts';
import { isLooping, isWaiting } from './waiting.ts';

/*
 * The invariants of runs of any number of nodes, written from the design and not from the code. Those among several runs
 * are in relations.ts.
 */

const lookaheadMs = 60_000;

/** A conditional write, and what it is meant to be: what the checks hold it to. */
export interface CheckedWrite {
  readonly transition: Transition;
  /** How far the writer's clock is ahead. */
  readonly skewMs: Ms;
  /** Not before this it was planned, by the writer's clock; where it is absent, since its lease began. */
  readonly plannedAt?: EpochMs;
  /** The lease under which a holder writes. */
  readonly fence?: Fence;
  /** The definition that a claimant will execute; not checked where it is not known. */
  readonly hash?: string;
  /** The nodes that get a message after the write; where it is absent, all that it makes ready. */
  readonly rings?: readonly string[];
  /** Finished nodes that were put into an item of their own before; where it is absent, any may have been. */
  readonly history?: Readonly<Record<string, RunNode>>;
  /** What the run executes: with it, the order of its nodes is checked. */
  readonly shape?: Shape;
}

/** What a write that was applied breaks. `before` is what it was applied to. */
export function brokenByWrite(before: Run, run: Run, write: CheckedWrite, now: EpochMs): string[] {
  const changes = changesOf(before, run);
  return [
    ...always(before, run),
    ...phases(before, run, changes, write.transition.name),
    ...told(before, run, changes, write, now),
    ...(write.fence ? fencing(before, write.fence) : []),
    ...changes.flatMap((change) => starting(before, run, change, write, now)),
    ...treeWrites(before, run, changes, write),
    ...ownChecks(before, run, changes, write, now),
    ...lookedAtInTime(before, run, write, now),
  ];
}

function always(before: Run, run: Run): string[] {
  const broken: string[] = [];
  if (run.epoch < before.epoch) broken.push('I7: the epoch of the run decreased');
  if (run.rev < before.rev) broken.push('I7: the revision of the run decreased');
  if (before.schema > schemaVersion) broken.push('version: an item of a newer version was written');
  if (run.submission !== before.submission) broken.push('I10: the run became another one');
  return broken;
}

function fencing(before: Run, { epoch, node, nonce }: Fence): string[] {
  const old = before.nodes[node];
  const holds = old?.status === 'running' && old.epoch === epoch && old.lease.nonce === nonce;
  return holds ? [] : ['I5: a write of one who does not hold the lease'];
}

/** What every new lease must be, whoever gives it. */
function starting(
  before: Run,
  run: Run,
  { node, old, path }: Change,
  { hash, skewMs, transition }: CheckedWrite,
  now: EpochMs,
): string[] {
  if (!node || !isLeased(node)) return [];
  if (old && isLeased(old) && old.lease.nonce === node.lease.nonce) return [];
  const broken: string[] = [];
  if (before.control) broken.push(`I13: a run under ${before.control.kind} started ${path}`);
  if (before.phase !== 'active') broken.push(`I13: a run that is ${before.phase} started ${path}`);
  if (before.waitsFor) broken.push(`I3: ${path} was started while its run waits`);
  if (node.notBefore > now + skewMs) broken.push(`I12: ${path} was started before its time`);
  if (hash !== undefined && before.hash !== hash) broken.push('version: started under another definition');
  if (transition.name === 'claim' || transition.name === 'takeOver') {
    if (run.epoch !== before.epoch + 1 || node.epoch !== run.epoch)
      broken.push('I4: a lease without an epoch of its own');
    if (node.attempt !== (old?.attempt ?? 0) + 1) broken.push('I8: an attempt was not counted');
    if (!old || !isOpen(old)) broken.push(`I1: ${path} was started again after its end`);
  } else if (node.attempt !== 1) broken.push('I8: a first attempt was not counted');
  return broken;
}

function ownChecks(
  before: Run,
  run: Run,
  changes: readonly Change[],
  write: CheckedWrite,
  now: EpochMs,
): string[] {
  const olds = changes.flatMap(({ old }) => old ?? []);
  switch (write.transition.name) {
    case 'claim':
    case 'takeOver':
      return [...one(changes), ...olds.flatMap((old) => seizing(old, write, now))];
    case 'exhaust':
      return [
        ...one(changes),
        ...olds.flatMap((old) => [...seizing(old, write, now), ...spent(old)]),
        ...ended(before, run, changes),
      ];
    case 'finaliseCancel':
      return [
        ...Object.values(before.nodes).flatMap((old) => seizing(old, write, now)),
        ...ended(before, run, changes),
        ...asked(before, 'cancel'),
      ];
    case 'park':
      return [
        ...Object.values(before.nodes).flatMap((old) => seizing(old, write, now)),
        ...asked(before, 'pause'),
        ...(changes.length > 0 ? ['I13: a pause changed nodes'] : []),
      ];
    case 'failDependent':
      return skipped(before, run);
    case 'commit':
    case 'pathCommit':
      return run.phase === 'active' ? released(run, write) : ended(before, run, changes);
    case 'await':
    case 'notify':
    case 'timeOut':
      return one(changes);
    case 'renew':
      return [...one(changes), ...changes.flatMap(shortening)];
    case 'look':
      return looking(before, run, write, now);
    default:
      return [];
  }
}

const one = (changes: readonly Change[]): string[] =>
  changes.length === 1 ? [] : [`${changes.length} nodes were changed by a write for one`];

/** Taking a node from its holder. Clocks may be ahead by the grace; of those that are more so, by no more than they are. */
const seizing = (old: RunNode, { skewMs }: CheckedWrite, now: EpochMs): string[] =>
  old.status === 'running' && old.lease.until >= now + Math.max(0, skewMs - graceMs)
    ? ['I6: taken from a holder whose lease was alive']
    : [];

const shortening = ({ node, old }: Change): string[] =>
  old?.status === 'running' && node?.status === 'running' && node.lease.until < old.lease.until
    ? ['I6: a renewal took time from its holder']
    : [];

/** A holder's last write leaves its node ended, or opened again by a loop: under another nonce. */
function released(run: Run, { fence }: CheckedWrite): string[] {
  const node = fence && run.nodes[fence.node];
  return node && isLeased(node) && node.lease.nonce === fence?.nonce
    ? ['I1: a commit left its node leased']
    : [];
}

const spent = (old: RunNode): string[] =>
  old.attempt < old.attemptsMax ? ['I8: given up with attempts left'] : [];

const asked = ({ control }: Run, kind: Control['kind']): string[] =>
  control?.kind === kind ? [] : [`I13: ${kind} although nobody asked for it`];

function looking(before: Run, run: Run, { transition, skewMs }: CheckedWrite, at: EpochMs): string[] {
  const now = at + skewMs;
  const sends = transition.updates.some((update) => 'set' in update && update.set[0] === 'looks');
  if (!sends) return [];
  const moves = transition.updates.some((update) => 'set' in update && update.set[0] === 'at');
  // A timer may be sent ahead, and an abandoned lease may be tended before its time has come.
  const isEarly = Object.values(before.nodes).some((old) =>
    old.status === 'running'
      ? old.lease.until < now - graceMs
      : dueOf(old).some((due) => before.at <= due && due <= now + lookaheadMs),
  );
  return [
    ...(before.at <= now || isEarly ? [] : ['discovery: a doorbell for a run that was not due']),
    // One that is early may have been planned long before it is written: then it comes again at once.
    ...(moves && (isEarly || run.at >= Math.min(before.at, now))
      ? []
      : ['discovery: a doorbell without moving the index']),
  ];
}

/** When a timer rings. */
const dueOf = (node: RunNode): EpochMs[] => {
  if (node.status === 'ready') return [node.notBefore];
  return isWaiting(node) && node.signal?.until !== undefined ? [node.signal.until] : [];
};

/** What is wrong with a run, whatever led to it. */
export function brokenInRun(run: Run, shape?: Shape): string[] {
  const nodes = Object.entries(run.nodes);
  return [
    ...nodes.flatMap(([path, node]) => brokenInNode(run, path, node)),
    ...standing(run),
    ...sharing(run),
    ...(shape ? branchesLost(run, shape) : []),
  ];
}

function brokenInNode(run: Run, path: string, node: RunNode): string[] {
  const broken: string[] = [];
  if (node.attempt < 0 || node.attempt > node.attemptsMax)
    broken.push(`I8: ${node.attempt} of ${node.attemptsMax} attempts of ${path}`);
  if ((node.status === 'running') !== 'lease' in node)
    broken.push(`a lease on ${path} that is ${node.status}`);
  if (node.epoch > run.epoch) broken.push(`I4: ${path} is under an epoch that is still to come`);
  if ((run.phase === 'active' || run.phase === 'paused') && isOpen(node))
    broken.push(...inputs(run, path, node), ...awaited(path, node));
  return broken;
}

/** Only what has come, or comes no more, can be worked on. */
function awaited(path: string, node: RunNode): string[] {
  const { child, signal } = node;
  const hasCome = signal?.id !== undefined || signal?.timedOut === true;
  if (!isWaiting(node))
    return signal && !hasCome ? [`${path} is ${node.status}, and its signal has not come`] : [];
  const isFor = (signal !== undefined && !hasCome) || (child !== undefined && child.status === undefined);
  return isFor ? [] : [`${path} waits for nothing`];
}

/** What goes into an open node is there, and came before it: fencing tokens grow along cause and effect. */
function inputs(run: Run, path: string, node: RunNode): string[] {
  if (node.input) return [];
  const source = node.from === undefined ? undefined : run.nodes[node.from];
  if (node.from !== undefined && !(source && 'output' in source && source.output))
    return [`inputs: ${path} waits for the output of ${node.from}, which is gone`];
  const broken: string[] = [];
  if (source && source.epoch > node.epoch) broken.push(`I7: ${path} is under an older epoch than its input`);
  for (const [by, each] of Object.entries(run.nodes)) {
    if (each.status !== 'succeeded' || each.ends?.fork !== path) continue;
    if (!each.output) broken.push(`inputs: ${by} ended a branch of ${path} without an output`);
    if (node.status === 'running' ? each.epoch >= node.epoch : each.epoch > node.epoch)
      broken.push(`I7: the join ${path} has no later epoch than ${by}`);
  }
  return broken;
}

/** A run that goes on has something to be done or to wait for, and one that has succeeded nothing. */
function standing(run: Run): string[] {
  const nodes = Object.values(run.nodes);
  const end = endOf(run);
  if (end === undefined) {
    const isAlive = nodes.some((node) => isOpen(node) && !isLooping(node)) || joinsOwed(run).length > 0;
    // What a cancel has left may only wait for its end.
    return isAlive || run.control?.kind === 'cancel' ? [] : ['no node is open in a run that goes on'];
  }
  if (end === 'succeeded' && nodes.some(isOpen)) return ['a run has succeeded with a node open'];
  // Of what it depended on it may have failed with none of its nodes.
  if (end === 'skipped' || end === 'cancelled' || run.failure) return [];
  const result = run.result === undefined ? nodes.find((node) => !isOpen(node)) : run.nodes[run.result];
  return result?.status === end ? [] : [`the run has ${end}, its result ${result?.status}`];
}

/** I4. */
function sharing(run: Run): string[] {
  if (run.phase !== 'active') return [];
  const leased = Object.values(run.nodes).filter(isLeased);
  const epochs = new Set(leased.map(({ epoch }) => epoch));
  return epochs.size < leased.length ? ['I4: two leases under one epoch'] : [];
}
