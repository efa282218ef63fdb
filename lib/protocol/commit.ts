import type { Run, RunNode } from '../model/run.ts';
import type { EpochMs, EpochSec } from '../model/time.ts';
import type { Transition } from '../model/transition.ts';
import { type Ending, endNode, endRun } from './end.ts';
import { active, type Fence, fenced, unchanged } from './guards.ts';

/**
 * The holder's last write: the node ends, the tree advances, and a run with nothing left to do leaves the active
 * index. Refused when the lease is somebody else's, or when the run changed since the snapshot (a cancel, say): then
 * the decision is made again on the run as it stands.
 *
 * ```
 * A  claim ────────── commit (epoch 1, nonce a, rev 0) ──▶ applied
 * A's lost response:  commit again ──▶ refused; the node is done under my epoch: it was mine
 * ```
 */
export function commit(run: Run, fence: Fence, ending: Ending, now: EpochMs, expires: EpochSec): Transition {
  const status = run.control?.kind === 'cancel' ? 'cancelled' : ending.status;
  return {
    name: 'commit',
    key: run,
    guards: [...active('commit'), ...fenced('commit', fence), unchanged('commit', run)],
    updates: [...endNode(fence.node, ending, now), ...endRun(status, now, expires)],
  };
}

/** What a refused write of a holder means. */
export type RefusedWrite =
  /** Still the holder: something else changed; decide again on this run. */
  | { readonly now: 'mine'; readonly run: Run }
  /** An earlier try of this write went through and its response was lost. */
  | { readonly now: 'done'; readonly run: Run }
  | { readonly now: 'lost' };

/**
 * An epoch has one holder only, so a node that is in the state I wrote, under my epoch, was brought there by me. Only
 * discovery ends an abandoned lease under its old epoch: as cancelled, or as failed for `LeaseExpired`.
 *
 * @param wrote the status of the node that the write would have left; undefined for one that leaves it leased
 */
export function readRefusedWrite(
  run: Run | undefined,
  fence: Fence,
  wrote?: RunNode['status'],
): RefusedWrite {
  const node = run?.nodes[fence.node];
  if (!run || !node || node.epoch !== fence.epoch) return { now: 'lost' };
  if (node.status !== 'running') {
    const abandoned = node.status === 'failed' && node.failure.code === 'LeaseExpired';
    return wrote === node.status && !abandoned ? { now: 'done', run } : { now: 'lost' };
  }
  return node.lease.nonce === fence.nonce ? { now: 'mine', run } : { now: 'lost' };
}
