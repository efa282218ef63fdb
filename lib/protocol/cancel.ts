import type { NodeId } from '../model/ids.ts';
import { type Control, isOpen, type LeasedNode, nodesOf, type Run, type RunKey } from '../model/run.ts';
import type { EpochMs, EpochSec } from '../model/time.ts';
import type { Transition, Update } from '../model/transition.ts';
import { expired, isAbandoned } from './abandoned.ts';
import { endNode, endRun } from './end.ts';
import { absent, active, equals, guard, raiseRev, set, unchanged } from './guards.ts';
import { takeOverGraceMs } from './limits.ts';

/** Asks for the run to be cancelled: from here on nothing of it is started. `at` = now, so that it is looked at soon. */
export function requestCancel(
  key: RunKey,
  request: Pick<Control, 'mode' | 'reason' | 'by'>,
  now: EpochMs,
): Transition {
  return {
    name: 'cancel',
    key,
    guards: [...active('cancel'), guard('cancel.noControl', absent(['control']))],
    updates: [
      set(['control'], { kind: 'cancel', since: now, ...request } satisfies Control),
      set(['at'], now),
      raiseRev(),
    ],
  };
}

export type RefusedCancel = 'NotFound' | 'AlreadyCancelled' | 'AlreadyFinished';

export function decideRefusedCancel(run: Run | undefined): RefusedCancel {
  if (!run) return 'NotFound';
  return run.phase === 'active' || run.phase === 'cancelled' ? 'AlreadyCancelled' : 'AlreadyFinished';
}

/** Whether nobody may still be working on a node of it. */
export function isQuiet(run: Run, now: EpochMs): boolean {
  return leased(run).every(([, node]) => isAbandoned(node, now));
}

/** Ends a cancelled run on which nobody works any more. Only for a run with `control` cancel that `isQuiet`. */
export function finaliseCancel(run: Run, now: EpochMs, expires: EpochSec): Transition {
  // A renewal between the snapshot and this write keeps the node alive.
  const abandoned = leased(run).map(([id]) => expired('finaliseCancel', id, now));
  const ended: Update[] = nodesOf(run)
    .filter(([, node]) => isOpen(node))
    .flatMap(([id]) => endNode(id, { status: 'cancelled' }, now));
  return {
    name: 'finaliseCancel',
    key: run,
    guards: [
      ...active('finaliseCancel'),
      guard('finaliseCancel.requested', equals(['control', 'kind'], 'cancel')),
      unchanged('finaliseCancel', run),
      ...abandoned,
    ],
    updates: [...ended, ...endRun(run, 'cancelled', { now, expires })],
  };
}

/** When the last lease of a cancelled run can be taken for abandoned. */
export function quietAt(run: Run, now: EpochMs): EpochMs {
  return Math.max(now, ...leased(run).map(([, node]) => node.lease.until + takeOverGraceMs + 1));
}

const leased = (run: Run) =>
  nodesOf(run).filter((entry): entry is [NodeId, LeasedNode] => entry[1].status === 'running');
