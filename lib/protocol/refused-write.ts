import type { Run, RunNode } from '../model/run.ts';
import type { Fence } from './guards.ts';

/** What a refused write of a holder means. */
export type RefusedWrite =
  /** Still the holder: something else changed; decide again on this run. */
  | { readonly now: 'mine'; readonly run: Run }
  /** An earlier try of this write went through and its response was lost. */
  | { readonly now: 'done'; readonly run: Run }
  | { readonly now: 'lost' };

/**
 * A node that I go on with under the nonce that my write gave it shows that the write went through. Otherwise: an epoch
 * has one holder only, so a node that is in the state I wrote, under my epoch, was brought there by me. Only discovery
 * ends an abandoned lease under its old epoch: as cancelled, or as failed for `WorkerLost`.
 *
 * @param wrote the status of the node that the write would have left; undefined for one that leaves it leased
 * @param continues the node that the write would have opened for its own holder
 */
export function readRefusedWrite(
  run: Run | undefined,
  fence: Fence,
  wrote?: RunNode['status'],
  continues?: Fence,
): RefusedWrite {
  const next = continues && run?.nodes[continues.node];
  if (run && next?.status === 'running' && next.lease.nonce === continues?.nonce) return { now: 'done', run };
  const node = run?.nodes[fence.node];
  if (!run || !node || node.epoch !== fence.epoch) return { now: 'lost' };
  if (node.status !== 'running') {
    const abandoned = node.status === 'failed' && node.failure.code === 'WorkerLost';
    return wrote === node.status && !abandoned ? { now: 'done', run } : { now: 'lost' };
  }
  // Of a run that another node ended nothing more can be written, though the lease stays as it is.
  const isMine = run.phase === 'active' && node.lease.nonce === fence.nonce;
  return isMine ? { now: 'mine', run } : { now: 'lost' };
}
