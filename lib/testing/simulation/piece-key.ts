import type { NodeId } from '../../model/ids.ts';
import type { Run } from '../../model/run.ts';

/** Names a node's work as its handler is told it: the path, with the iteration behind each loop around the node. */
export function pieceKey(
  { nodes, run, tenant }: Pick<Run, 'nodes' | 'run' | 'tenant'>,
  path: NodeId,
): string {
  const ids = path.split('/');
  const named = ids.map((id, index) => {
    const around = nodes[ids.slice(0, index + 1).join('/') as NodeId];
    return around?.status === 'waiting' && around.iteration !== undefined ? `${id}#${around.iteration}` : id;
  });
  return `${tenant}/${run}/${named.join('/')}`;
}
