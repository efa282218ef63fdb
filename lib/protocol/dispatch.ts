import type { NodeId } from '../model/ids.ts';
import type { Dispatch } from '../model/message.ts';
import type { Run } from '../model/run.ts';
import type { Ms } from '../model/time.ts';

/** The doorbell for one node of a run. */
export function dispatchOf(run: Run, node: NodeId, { delayMs, hop }: { delayMs: Ms; hop: number }): Dispatch {
  return {
    message: { tenant: run.tenant, run: run.run, node, hash: run.hash, hop },
    pool: run.nodes[node]?.pool ?? run.pool,
    priority: run.nodes[node]?.priority ?? run.priority,
    delayMs,
  };
}
