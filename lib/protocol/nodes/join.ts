import type { NodeId } from '../../model/ids.ts';
import type { Run, SucceededNode } from '../../model/run.ts';

/** The node that ended a branch of a fork, and the branch. */
export interface Ended {
  readonly path: NodeId;
  readonly branch: string;
  readonly node: SucceededNode;
}

/** The branches of a fork that have ended, and whose join has not. */
export function endedBranches(run: Pick<Run, 'nodes'>, fork: NodeId): Ended[] {
  return Object.entries(run.nodes).flatMap(([path, node]) =>
    node.status === 'succeeded' && node.ends?.fork === fork
      ? [{ path: path as NodeId, branch: node.ends.branch, node }]
      : [],
  );
}

/** The forks of which all branches have ended and whose join is not there yet, with one node that ended each. */
export function forksToJoin(run: Pick<Run, 'nodes'>): { fork: NodeId; by: NodeId }[] {
  const byFork = new Map<NodeId, { by: NodeId; ended: number; of: number }>();
  for (const [path, node] of Object.entries(run.nodes)) {
    // A fork may have a name that every object has, such as `constructor`.
    if (node.status !== 'succeeded' || !node.ends || Object.hasOwn(run.nodes, node.ends.fork)) continue;
    const { fork, of } = node.ends;
    const known = byFork.get(fork);
    byFork.set(fork, { by: path as NodeId, ended: (known?.ended ?? 0) + 1, of });
  }
  return [...byFork].flatMap(([fork, { by, ended, of }]) => (ended >= of ? [{ fork, by }] : []));
}
