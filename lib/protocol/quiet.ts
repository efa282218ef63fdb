import type { NodeId } from '../model/ids.ts';
import { isOpen, type LeasedNode, nodesOf, type Run } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import { isAbandoned } from './abandoned.ts';
import { takeOverGraceMs } from './limits.ts';

export const leasedNodes = (run: Pick<Run, 'nodes'>) =>
  nodesOf(run).filter((entry): entry is [NodeId, LeasedNode] => entry[1].status === 'running');

/** Whether nobody may still be working on a node of it. */
export const isQuiet = (run: Pick<Run, 'nodes'>, now: EpochMs): boolean =>
  leasedNodes(run).every(([, node]) => isAbandoned(node, now));

/** When the last lease of a run that starts nothing can be taken for abandoned. */
export const quietAt = (run: Pick<Run, 'nodes'>, now: EpochMs): EpochMs =>
  Math.max(now, ...leasedNodes(run).map(([, node]) => node.lease.until + takeOverGraceMs + 1));

/** Whether it has children that must end before it does. */
export const hasChildren = (run: Pick<Run, 'nodes'>): boolean =>
  nodesOf(run).some(([, node]) => isOpen(node) && node.child && node.child.status === undefined);
