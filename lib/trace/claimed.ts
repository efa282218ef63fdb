import type { NodeId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';

/** A node in hand: its run as the claim left it. */
export interface Claimed {
  readonly run: Run;
  readonly fence: { readonly node: NodeId; readonly epoch: number };
  readonly takenOver?: { readonly leaseEnded: EpochMs };
}

/**
 * When the node could have been claimed: when it was due, or when the lease before it ran out. Undefined where that is not
 * known: a run keeps since when it waits for a signal or a child, and not when that came.
 */
export function readySince({ fence, run, takenOver }: Claimed): EpochMs | undefined {
  if (takenOver) return takenOver.leaseEnded;
  const node = run.nodes[fence.node];
  if (node && (node.signal || node.child) && node.attempt <= 1) return undefined;
  return node?.notBefore ?? run.createdAt;
}
