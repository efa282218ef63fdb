import type { NodeId } from '../model/ids.ts';
import type { LeasedNode, Run } from '../model/run.ts';
import type { EpochMs, EpochSec } from '../model/time.ts';
import type { Transition } from '../model/transition.ts';
import { abandoned, expiredLease } from './abandoned.ts';
import { endNode, endRun } from './end.ts';
import { absent, active, equals, guard, unchanged } from './guards.ts';

/**
 * An abandoned lease on the last attempt: nobody may take it over, so the run fails with the crash as its cause.
 *
 * The nonce tells the lease that was seen from a later one under its epoch, which a loop inside a fork gives without
 * raising `rev`:
 *
 * ```
 * D  exhaust (epoch 6, last attempt) ── held up ───────────────────────────▶ refused: attempt 1 of round 2
 * A                    path commit: again (epoch 6, attempt 1) ── crash
 * ```
 */
export function exhaust(run: Run, id: NodeId, node: LeasedNode, now: EpochMs, expires: EpochSec): Transition {
  return {
    name: 'exhaust',
    key: run,
    guards: [
      ...active('exhaust'),
      guard('exhaust.noControl', absent(['control'])),
      ...abandoned('exhaust', id, node, now),
      guard('exhaust.nonce', equals(['nodes', id, 'lease', 'nonce'], node.lease.nonce)),
      unchanged('exhaust', run),
    ],
    updates: [
      ...endNode(id, { status: 'failed', failure: expiredLease(node) }, now),
      ...endRun(run, 'failed', { by: id, now, expires }),
    ],
  };
}
