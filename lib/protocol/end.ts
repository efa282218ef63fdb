import type { Failure } from '../model/failure.ts';
import type { NodeId, RunId } from '../model/ids.ts';
import type { Payload } from '../model/payload.ts';
import type { Run, TerminalStatus } from '../model/run.ts';
import type { EpochMs, EpochSec } from '../model/time.ts';
import type { Update } from '../model/transition.ts';
import { raiseRev, remove, set } from './guards.ts';
import { dispatchGraceMs } from './limits.ts';

/** How a node ends. */
export type Ending =
  | {
      readonly status: 'succeeded';
      /** Absent for a route: its input goes on. */
      readonly output?: Payload;
      readonly cached: boolean;
      /** The key of a route, or a loop's `again` or `done`. */
      readonly decision?: string;
    }
  | { readonly status: 'failed'; readonly failure: Failure }
  | { readonly status: 'cancelled' };

export function endNode(id: NodeId, ending: Ending | { readonly status: 'skipped' }, now: EpochMs): Update[] {
  const at = (name: string) => ['nodes', id, name];
  return [
    set(at('status'), ending.status),
    set(at('endedAt'), now),
    remove(at('lease')),
    remove(at('limited')),
    ...(ending.status === 'failed' ? [set(at('failure'), ending.failure)] : []),
    ...(ending.status === 'succeeded'
      ? [
          ...(ending.output ? [set(at('output'), ending.output)] : []),
          // A success clears what earlier attempts left behind.
          remove(at('failure')),
          remove(at('checkpoint')),
          ...(ending.cached ? [set(at('cached'), true)] : []),
          ...(ending.decision === undefined ? [] : [set(at('decision'), ending.decision)]),
        ]
      : []),
  ];
}

/** Runs that stand for nodes of this one and are not known to have ended. */
export function liveChildren(run: Pick<Run, 'nodes'>): RunId[] {
  return Object.values(run.nodes).flatMap(({ child, status }) =>
    child && child.status === undefined && status !== 'succeeded' ? [child.run] : [],
  );
}

interface RunEnd {
  /** The node that ended it. */
  readonly by?: NodeId;
  readonly now: EpochMs;
  readonly expires: EpochSec;
}

/**
 * The run ends with one of its nodes. One that owes nothing to others leaves the active index in the same write, and
 * only there the expiry is set; any other one stays until its duties are done (see leave.ts).
 */
export function endRun(
  run: Pick<Run, 'kind' | 'nodes' | 'dependents' | 'parent' | 'deliverTo' | 'counted'>,
  status: TerminalStatus,
  { by, expires, now }: RunEnd,
): Update[] {
  // Before a run is cancelled its children have ended.
  const owesChildren = status !== 'cancelled' && liveChildren(run).length > 0;
  const owes = run.dependents || run.parent || run.deliverTo || run.counted || owesChildren;
  return [
    ...(owes
      ? [set(['phase'], 'ending'), set(['ended'], status), set(['looks'], 0)]
      : [set(['phase'], status), set(['expires'], expires)]),
    set(['at'], owes ? now + dispatchGraceMs : now),
    set(['endedAt'], now),
    ...(run.kind === 'workflow' && by !== undefined ? [set(['result'], by)] : []),
    raiseRev(),
  ];
}
