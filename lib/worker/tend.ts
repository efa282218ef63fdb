import type { NodeId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { Packed } from '../payload/payload.ts';
import { isReadable } from '../ports/run-store.ts';
import type { CommitOptions } from '../protocol/commit.ts';
import type { Fence } from '../protocol/guards.ts';
import { forksToJoin } from '../protocol/nodes/join.ts';
import { joinFork } from '../protocol/open-join.ts';
import { ring } from '../relations/ring.ts';
import type { Held } from './acquire.ts';
import type { WorkerPorts } from './ports.ts';
import { tendQuietly } from './tend-quietly.ts';

/** The node that a holder goes on with. */
export interface Continued extends Held {
  /** The value it stored apart just before. */
  readonly carried?: Packed;
}

interface Tending {
  readonly ports: WorkerPorts;
  readonly options: () => CommitOptions;
}

/** Others may open the join first; after so many refusals it is left to them. */
const triesMax = 3;

/**
 * What a run needs once a node has ended: the join of a fork, where all branches have ended, or what lies beyond its
 * nodes (see relations/tend-run.ts). What fails here is found out by a look.
 *
 * @param ended the node that its holder has ended just before
 */
export async function tend(context: Tending, run: Run, ended: NodeId): Promise<Held | undefined> {
  await tendQuietly(context.ports, run);
  if (run.phase !== 'active' || run.control) return undefined;
  const node = run.nodes[ended];
  const own = node?.status === 'succeeded' ? node.ends?.fork : undefined;
  // Its own fork first: of several that end at once, each has a holder that looks at it.
  const forks = forksToJoin(run).sort((a, b) => Number(b.fork === own) - Number(a.fork === own));
  for (const { fork } of forks) {
    const held = await join(context, run, fork);
    if (held) return held;
  }
  return undefined;
}

/** Opens the join of a fork and, if time allows, goes on with it. */
export async function join(context: Tending, seen: Run, fork: NodeId): Promise<Held | undefined> {
  const { ports } = context;
  let run = seen;
  for (let tries = 0; tries < triesMax; tries += 1) {
    const planned = joinFork(run, fork, context.options());
    if (!planned) return undefined;
    const applied = await ports.runs.apply(planned.transition);
    if (!isReadable(applied.run)) return undefined;
    run = applied.run;
    // Its response was lost: the node that it opened for me shows that it went through.
    const isMine = planned.continues && holdNext(run, planned.continues);
    if (applied.applied) await ring(ports, planned.dispatches);
    if (applied.applied || isMine) return isMine;
  }
  return undefined;
}

/** The lease that a write has given to its own writer; undefined when somebody else has it by now. */
export function holdNext(run: Run, fence: Fence): Held | undefined {
  const node = run.nodes[fence.node];
  if (node?.status !== 'running' || node.lease.nonce !== fence.nonce) return undefined;
  return { run, fence, leaseUntil: node.lease.until, isContinued: true };
}
