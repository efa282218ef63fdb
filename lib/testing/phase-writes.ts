import { isOpen, type Run, type TerminalStatus } from '../model/run.ts';
import { endOf } from './relations.ts';
import type { Change } from './tree-writes.ts';

/* Where a run may go in its life, and what may be asked of it: I2 and I13. */

/** Who may write what on a run, by where it stands. */
export function phases(before: Run, run: Run, changes: readonly Change[], name: string): string[] {
  switch (before.phase) {
    case 'active':
    case 'paused':
      return [...goingOn(before, run, name), ...controlled(before, run, name)];
    case 'ending':
      return ending(before, run, changes, name);
    default:
      return ['I2: a write on a run that has ended'];
  }
}

function goingOn(before: Run, run: Run, name: string): string[] {
  if (run.phase === before.phase) return [];
  if (run.phase === 'paused')
    return run.control?.kind === 'pause' && name === 'park' ? [] : [`I13: paused by ${name}`];
  if (run.phase === 'active')
    return name === 'resume' || name === 'cancelPaused' ? [] : [`I13: a paused run was woken by ${name}`];
  const isByDependency = before.phase === 'active' || name === 'failDependent';
  return isByDependency ? leaving(before, run) : [`I13: a paused run was ended by ${name}`];
}

/** A run that ends owes others what they wait for: then it stays where it is looked at, without an expiry. */
function leaving(before: Run, run: Run): string[] {
  const end = endOf(run);
  const owes = owesAt(before, end);
  const isKept = run.phase === 'ending';
  return [
    ...(end === undefined ? ['a run is ending as nothing'] : []),
    ...(owes === isKept
      ? []
      : [isKept ? 'kept although it owes nothing' : `I16, I18: left, and owed ${owes}`]),
    ...(isKept === (run.expires === undefined) ? [] : [`expires ${run.expires} while it is ${run.phase}`]),
  ];
}

const owesAt = ({ dependents, nodes, parent }: Run, end: TerminalStatus | undefined): boolean =>
  (dependents?.length ?? 0) > 0 ||
  parent !== undefined ||
  (end !== 'cancelled' &&
    Object.values(nodes).some(
      ({ child, status }) => child && child.status === undefined && status !== 'succeeded',
    ));

/** Until it leaves it is only looked at. */
function ending(before: Run, run: Run, changes: readonly Change[], name: string): string[] {
  const hasLeft = run.phase !== 'ending';
  return [
    ...(changes.length > 0 ? ['I2: nodes of a run that has ended were changed'] : []),
    ...(endOf(run) === before.ended ? [] : [`I2: a run that had ${before.ended} is ${endOf(run)}`]),
    ...(name === (hasLeft ? 'leave' : 'look') ? [] : [`I2: ${name} on a run that has ended`]),
    ...(hasLeft && run.expires === undefined ? ['a run left without an expiry'] : []),
    ...(hasLeft && run.at !== before.endedAt ? ['a run left at another time than it ended'] : []),
  ];
}

/** Nobody but who asks for it changes what was asked for. */
function controlled(before: Run, run: Run, name: string): string[] {
  if (run.control === before.control) return [];
  const [from, to] = [askedOf(before), askedOf(run)];
  const writers = controls[`${from} to ${to}`] ?? [];
  return writers.includes(name) ? [] : [`I13: ${from} was changed to ${to} by ${name}`];
}

const askedOf = ({ control }: Run): string =>
  control ? (control.kind === 'pause' ? 'pause' : `${control.mode} cancel`) : 'nothing';

const controls: Readonly<Record<string, readonly string[]>> = {
  'nothing to graceful cancel': ['cancel'],
  'nothing to abort cancel': ['cancel'],
  'nothing to pause': ['pause'],
  'pause to nothing': ['resume'],
  'pause to graceful cancel': ['cancelPaused'],
  'pause to abort cancel': ['cancelPaused'],
  'graceful cancel to abort cancel': ['raiseCancel'],
};

/** How a run ended by a node, or by a cancel; of what it depended on see `told`. */
export function ended(before: Run, run: Run, changes: readonly Change[]): string[] {
  const end = endOf(run);
  const outcomes = changes.flatMap(({ node, old }) =>
    old?.status === 'running' && node && !isOpen(node) ? [node.status] : [],
  );
  const open = Object.values(run.nodes).filter(isOpen);
  const isCancelled = before.control?.kind === 'cancel';
  const hasRightEnd = isCancelled ? end === 'cancelled' : outcomes.length === 1 && outcomes[0] === end;
  return [
    ...(open.length > 0 && end === 'succeeded' ? ['I1: a run succeeded with a node open'] : []),
    ...(open.some(({ status }) => status === 'running') && end === 'cancelled'
      ? ['I1: a run was cancelled under a holder']
      : []),
    ...(hasRightEnd ? [] : [`I13: the run ended ${end}, not ${isCancelled ? 'cancelled' : outcomes}`]),
  ];
}
