import type { Run } from '../../lib/client/index.ts';
import { graphOf } from '../../lib/define/graph/graph.ts';
import type { Shape } from '../../lib/model/definition.ts';

/** The node that a retry goes on from: the one that failed. Of a single task there is none but the task. */
export function failedNode({ nodes }: Run): string | undefined {
  return nodes?.find(({ status }) => status === 'failed')?.id;
}

/**
 * What went into the node that failed, as far as it can be seen: what was edited for it, else the output of the only node before it. Undefined where
 * several came before, or one whose output is not shown.
 */
export function inputOfNode(run: Run, shape: Shape | undefined): unknown {
  const failed = failedNode(run);
  if (failed === undefined) return run.input;
  const { input: edited } = run.nodes?.find(({ id }) => id === failed) ?? {};
  if (edited !== undefined) return edited;
  if (!shape) return undefined;
  const { edges } = graphOf(shape);
  let before = failed;
  // Routes hand on what they were given: what goes into one of them goes into what follows.
  for (let hops = 0; hops < edges.length; hops += 1) {
    const from = new Set(edges.filter(({ to }) => to === before).map((edge) => edge.from));
    const [only] = from;
    if (only === undefined || from.size > 1) return undefined;
    if (only === '#start') return run.input;
    const node = run.nodes?.find(({ id }) => id === only);
    if (node?.output !== undefined) return node.output;
    if (node && node.decision === undefined) return undefined;
    before = only;
  }
  return undefined;
}
