import type { Failure } from '../model/failure.ts';
import type { NodeId } from '../model/ids.ts';
import type { LeasedNode } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { Guard } from '../model/transition.ts';
import { equals, guard } from './guards.ts';
import { takeOverGraceMs } from './limits.ts';

/** The node is still leased under the epoch that was seen, and that lease ended more than the grace ago. */
export function abandoned(name: string, id: NodeId, node: LeasedNode, now: EpochMs): Guard[] {
  return [
    guard(`${name}.leased`, equals(['nodes', id, 'status'], 'running')),
    guard(`${name}.epoch`, equals(['nodes', id, 'epoch'], node.epoch)),
    expired(name, id, now),
  ];
}

/** A renewal leaves the epoch alone: the lease's end must be compared by the store, not by us. */
export const expired = (name: string, id: NodeId, now: EpochMs): Guard =>
  guard(`${name}.expired`, { is: '<', path: ['nodes', id, 'lease', 'until'], value: now - takeOverGraceMs });

export const isAbandoned = (node: LeasedNode, now: EpochMs): boolean =>
  node.lease.until < now - takeOverGraceMs;

/** The failure of an attempt whose worker fell silent. */
export function expiredLease(node: LeasedNode): Failure {
  return {
    type: 'WorkerLost',
    code: 'WorkerLost',
    message: 'The worker stopped renewing its lease: it crashed, froze or could not reach the table',
    attempt: node.attempt,
    ...(node.worker === undefined ? {} : { worker: node.worker }),
  };
}
