import type { Failure } from '../model/failure.ts';
import type { NodeId, RunId } from '../model/ids.ts';
import type { Dispatch } from '../model/message.ts';
import type { Payload } from '../model/payload.ts';
import { isOpen, type Run, type RunNode, type TerminalStatus } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { Transition } from '../model/transition.ts';
import { becomesReady } from './becomes-ready.ts';
import {
  absent,
  active,
  equals,
  type Fence,
  fenced,
  guard,
  increment,
  inPhase,
  raiseRev,
  remove,
  set,
} from './guards.ts';
import { lookInTime } from './look-in-time.ts';

/**
 * The holder has started the child run and lets go of the node until that has ended. Refused when it has ended already:
 * then the same holder takes the result.
 *
 * ```
 * A  claim ── start child ──────────────────────── await ──▶ refused: nodes.n.child.status is there
 * C             (the child) ── ends ── notify ──▶ applied
 * ```
 *
 * It is claimed once more for the result: the attempt is given back, so that a node of one attempt can get that far.
 */
export function awaitChild(run: Run, fence: Fence): Transition {
  return {
    name: 'await',
    key: run,
    guards: [
      ...active('await'),
      ...fenced('await', fence),
      guard('await.unended', absent(['nodes', fence.node, 'child', 'status'])),
    ],
    updates: [
      set(['nodes', fence.node, 'status'], 'waiting'),
      increment(['nodes', fence.node, 'attempt'], -1),
      remove(['nodes', fence.node, 'lease']),
    ],
  };
}

/** How a child run ended. */
export interface ChildEnd {
  readonly status: TerminalStatus;
  readonly output?: Payload | undefined;
  readonly failure?: Failure | undefined;
}

export type Notification =
  /** There is nothing to tell: it was told, or nobody waits any more. */
  | { readonly notified: true }
  | { readonly notified: false; readonly transition: Transition; readonly dispatches: readonly Dispatch[] };

/** Tells a node of the parent how the run that it stands for has ended. */
export function notifyParent(
  parent: Run | undefined,
  { child, end, node: path }: { node: NodeId; child: RunId; end: ChildEnd },
  now: EpochMs,
): Notification {
  const node = parent?.nodes[path];
  if (!parent || !node || !isWaitedFor(parent, node, child)) return { notified: true };
  const at = (name: string) => ['nodes', path, name];
  const isWaiting = node.status === 'waiting';
  const ready = isWaiting
    ? becomesReady('notify', parent, { nodes: [[path, node]] }, now)
    : mayFinish(parent, now);
  const transition: Transition = {
    name: 'notify',
    key: parent,
    guards: [
      ...inPhase('notify', parent.phase),
      // A holder that has just started the child is about to let go of the node.
      guard('notify.status', equals(at('status'), node.status)),
      guard('notify.child', equals([...at('child'), 'run'], child)),
      guard('notify.unended', absent([...at('child'), 'status'])),
      // Whether it rings depends on it.
      guard(
        'notify.control',
        parent.control ? equals(['control', 'kind'], parent.control.kind) : absent(['control']),
      ),
      ...(ready?.guards ?? []),
    ],
    updates: [
      set([...at('child'), 'status'], end.status),
      ...(end.output ? [set([...at('child'), 'output'], end.output)] : []),
      ...(end.failure ? [set([...at('child'), 'failure'], end.failure)] : []),
      ...(isWaiting ? [set(at('status'), 'ready')] : []),
      raiseRev(),
      ...(ready?.updates ?? []),
    ],
  };
  return { notified: false, transition, dispatches: ready?.dispatches ?? [] };
}

/** A cancelled run may wait for nothing but this, also where nobody has begun the node. */
function mayFinish(parent: Run, now: EpochMs) {
  if (parent.control?.kind !== 'cancel') return undefined;
  const look = lookInTime('notify', now, parent.at);
  return { guards: [look.guard], updates: look.updates, dispatches: [] };
}

const isWaitedFor = (parent: Run, node: RunNode, child: RunId): boolean =>
  (parent.phase === 'active' || parent.phase === 'paused') &&
  isOpen(node) &&
  node.child?.run === child &&
  node.child.status === undefined;
