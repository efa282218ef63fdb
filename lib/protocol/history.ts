import type { NodeId } from '../model/ids.ts';
import { isOpen, nodesOf, type Run, type RunNode } from '../model/run.ts';
import { isWithin } from './nodes/place.ts';

/** Finished nodes on their way out of the run item. */
export type Leaving = Readonly<Record<NodeId, RunNode>>;

/** A write is charged for the whole item: finished nodes of more than so many characters leave it together. */
const historyCharsMax = 1_000;
/** Beside other branches' nodes, a branch's own few make the item large, too: then they leave as soon as they can. */
const itemCharsMax = 4_000;
/** What one write opens, marks and takes out must fit into an expression of 4,096 characters. */
const actionsMax = 180;

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
 * @param actions how many nodes the same write opens or marks already
 */
export function leaving(
  run: Pick<Run, 'nodes'>,
  {
    actions,
    by,
    keep,
    scope,
  }: { actions: number; by: NodeId; keep: ReadonlySet<NodeId>; scope: NodeId | undefined },
): Leaving {
  const nodes = nodesOf(run);
  const needed = new Set(nodes.flatMap(([path, node]) => (isOpen(node) && path !== by && node.from) || []));
  const finished = nodes.filter(
    ([path, node]) =>
      node.status === 'succeeded' &&
      !node.ends &&
      !keep.has(path) &&
      !needed.has(path) &&
      (scope === undefined || isWithin(path, scope)),
  );
  const own = JSON.stringify(finished).length;
  const isLarge = own > historyCharsMax || JSON.stringify(run.nodes).length > itemCharsMax;
  return isLarge ? Object.fromEntries(finished.slice(0, Math.max(0, actionsMax - actions))) : {};
}
