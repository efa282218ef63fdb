import type { NodeId } from '../model/ids.ts';
import { isOpen, type Run, type RunNode } from '../model/run.ts';
import { isWithin } from './nodes/place.ts';

/** Finished nodes on their way out of the run item. */
export type Leaving = Readonly<Record<NodeId, RunNode>>;

/** A write is charged for the whole item: finished nodes of more than so many characters leave it together. */
const historyCharsMax = 1_000;

/**
 * The finished nodes that can leave the item with the commit of `by`; empty while they are few. They are first put
 * into an item of their own, and the commit takes them out.
 *
 * ```
 * A  put history (a, b, c) ── commit d, without a, b, c ──▶ applied
 * A  put history (a, b, c) ── crash;  B  takes over, puts them again, commits: those who read find each once
 * ```
 *
 * What stays: what is another's input, what a join waits for, and, while branches are alive side by side, what does not
 * belong to the branch `scope` of the committer.
 *
 * @param keep the nodes whose outputs the nodes that this commit opens will need
 */
export function leaving(
  run: Pick<Run, 'nodes'>,
  { by, keep, scope }: { by: NodeId; keep: ReadonlySet<NodeId>; scope: NodeId | undefined },
): Leaving {
  const nodes = Object.entries(run.nodes) as [NodeId, RunNode][];
  const needed = new Set(nodes.flatMap(([path, node]) => (isOpen(node) && path !== by && node.from) || []));
  const finished = nodes.filter(
    ([path, node]) =>
      node.status === 'succeeded' &&
      !node.ends &&
      !keep.has(path) &&
      !needed.has(path) &&
      (scope === undefined || isWithin(path, scope)),
  );
  const chars = JSON.stringify(finished).length;
  return chars > historyCharsMax ? Object.fromEntries(finished) : {};
}
