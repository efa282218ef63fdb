import type { Failure } from '../model/failure.ts';
import type { RunId } from '../model/ids.ts';
import type { Dispatch } from '../model/message.ts';
import type { Payload } from '../model/payload.ts';
import { isOpen, nodesOf, type Run, type TerminalStatus } from '../model/run.ts';
import type { EpochMs, EpochSec } from '../model/time.ts';
import type { Transition, Update } from '../model/transition.ts';
import { becomesReady } from './becomes-ready.ts';
import { endNode, endRun } from './end.ts';
import { add, drop, guard, inPhase, raiseRev, set, unchanged } from './guards.ts';
import { dependentsMax } from './limits.ts';
import { awaitingNodes } from './signal.ts';

export type Attachment =
  | { readonly attach: 'write'; readonly transition: Transition }
  | { readonly attach: 'done' }
  /** Too many wait for it already: looked at again later. */
  | { readonly attach: 'full' }
  /** It has ended: the dependent is released, or fails. */
  | { readonly attach: 'ended' };

/**
 * Makes a run known to one that it depends on. An edge is made by the dependent first, so that it never starts too early;
 * the parent, once it has ended, refuses to take more.
 *
 * ```
 * C  put (waitsFor p) ──────────── attach p ──▶ refused: it has ended ── release c, by C itself
 * P          commit (ending, no dependents) ──▶ leaves
 * ```
 */
export function attach(parent: Run, dependent: RunId): Attachment {
  if (parent.phase !== 'active' && parent.phase !== 'paused') return { attach: 'ended' };
  const { dependents = [] } = parent;
  if (dependents.includes(dependent)) return { attach: 'done' };
  if (dependents.length >= dependentsMax) return { attach: 'full' };
  const transition = {
    name: 'attach',
    key: parent,
    guards: [
      ...inPhase('attach', parent.phase),
      guard('attach.few', { is: 'fewer', path: ['dependents'], value: dependentsMax }),
    ],
    updates: [add(['dependents'], dependent), raiseRev()],
  };
  return { attach: 'write', transition };
}

/** How a run ended that others depend on; `missing` when it is not there any more. */
export interface DependencyEnd {
  readonly run: RunId;
  readonly status: TerminalStatus | 'missing';
  /** Of one that succeeded; as it is to be stored with the dependent. */
  readonly output?: Payload;
}

export type Release =
  | { readonly released: true }
  | { readonly released: false; readonly transition: Transition; readonly dispatches: readonly Dispatch[] };

/**
 * Tells a dependent how a run that it waits for has ended: one thing less to wait for, or its end. A run that is not
 * there, or has ended, or is being cancelled, or does not wait for it any more, has been released. It must be as it was
 * seen, so that of two releases the later one knows that it is the last.
 *
 * ```
 * P  release c from p (rev 1: it waits for p and q) ──▶ applied, rev 2
 * Q  release c from q (rev 1) ──▶ refused; again at rev 2: the last one, c is rung
 * ```
 */
export function release(
  dependent: Run | undefined,
  end: DependencyEnd,
  { expires, now }: { now: EpochMs; expires: EpochSec },
): Release {
  if (!dependent || (dependent.phase !== 'active' && dependent.phase !== 'paused')) return { released: true };
  if (!dependent.waitsFor?.includes(end.run)) return { released: true };
  // It ends cancelled, as whoever asked for it was told.
  if (dependent.control?.kind === 'cancel') return { released: true };
  if (end.status !== 'succeeded')
    return { released: false, transition: failed(dependent, end, { expires, now }), dispatches: [] };
  return { released: false, ...satisfied(dependent, dependent.waitsFor, end, now) };
}

function satisfied(
  dependent: Run,
  waitsFor: readonly RunId[],
  { output, run }: DependencyEnd,
  now: EpochMs,
): { transition: Transition; dispatches: readonly Dispatch[] } {
  const isLast = waitsFor.length === 1;
  const { waitsFor: _, ...free } = dependent;
  const begin = isLast ? timeoutsBegin(dependent, now) : [];
  const nodes = nodesOf(dependent).filter(([, { status }]) => status === 'ready');
  const timeouts = begin.flatMap(({ until }) => until ?? []);
  const ready = isLast ? becomesReady('release', free, { nodes, timeouts }, now) : undefined;
  const transition = {
    name: 'release',
    key: dependent,
    guards: [
      ...inPhase('release', dependent.phase),
      unchanged('release', dependent),
      ...(ready?.guards ?? []),
    ],
    updates: [
      drop(['waitsFor'], run),
      ...(output ? [set(['dependencies', run, 'output'], output)] : []),
      ...begin.flatMap(({ updates }) => updates),
      raiseRev(),
      ...(ready?.updates ?? []),
    ],
  };
  return { transition, dispatches: ready?.dispatches ?? [] };
}

/** Nobody could have answered a run that had not begun: it is waited for as long from now on. */
const timeoutsBegin = (dependent: Run, now: EpochMs): { updates: Update[]; until?: EpochMs }[] =>
  awaitingNodes(dependent).map(({ node, path, signal }) => {
    const notBefore = Math.max(now, node.notBefore);
    const updates = [set(['nodes', path, 'notBefore'], notBefore)];
    if (signal.until === undefined) return { updates };
    const until = notBefore + signal.until - node.notBefore;
    return { updates: [...updates, set(['nodes', path, 'signal', 'until'], until)], until };
  });

function failed(
  dependent: Run,
  end: DependencyEnd,
  { expires, now }: { now: EpochMs; expires: EpochSec },
): Transition {
  const status = dependent.onDependencyFailure === 'skip' ? 'skipped' : 'failed';
  const open = nodesOf(dependent).filter(([, node]) => isOpen(node));
  return {
    name: 'failDependent',
    key: dependent,
    guards: [...inPhase('failDependent', dependent.phase), unchanged('failDependent', dependent)],
    updates: [
      ...open.flatMap(([path]) => endNode(path, { status: 'skipped' }, now)),
      set(['failure'], failureOf(end)),
      ...endRun(dependent, status, { now, expires }),
    ],
  };
}

function failureOf({ run, status }: DependencyEnd): Failure {
  const code = status === 'missing' ? 'DependencyMissing' : 'DependencyFailed';
  const said =
    status === 'missing' ? 'is not there any more' : `has ${status === 'failed' ? '' : 'been '}${status}`;
  return { type: code, code, message: `Run ${run}, on which this one depends, ${said}`, attempt: 0 };
}
