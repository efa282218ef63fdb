import type { NodeId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';

/** A node in hand: its run as the claim left it. */
export interface Claimed {
  readonly run: Run;
  readonly fence: { readonly node: NodeId; readonly epoch: number };
  readonly takenOver?: { readonly leaseEnded: EpochMs };
}

/** When the node could have been claimed: when it was due, or when the lease before it ran out. */
export const readySince = ({ fence, run, takenOver }: Claimed): EpochMs =>
  takenOver?.leaseEnded ?? run.nodes[fence.node]?.notBefore ?? run.createdAt;
