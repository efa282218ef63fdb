import type { Failure } from '../model/failure.ts';
import type { NodeId } from '../model/ids.ts';
import type { Payload } from '../model/payload.ts';
import type { Run, TerminalStatus } from '../model/run.ts';
import type { EpochMs, EpochSec } from '../model/time.ts';
import type { Update } from '../model/transition.ts';
import { raiseRev, remove, set } from './guards.ts';

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

export function endNode(id: NodeId, ending: Ending, now: EpochMs): Update[] {
  const at = (name: string) => ['nodes', id, name];
  return [
    set(at('status'), ending.status),
    set(at('endedAt'), now),
    remove(at('lease')),
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

/**
 * The run ends with one of its nodes, and a run that owes nothing to others leaves the active index in the same write.
 * Only here the expiry is set.
 */
export function endRun(
  run: Pick<Run, 'kind'>,
  status: TerminalStatus,
  { by, expires, now }: { by?: NodeId; now: EpochMs; expires: EpochSec },
): Update[] {
  return [
    set(['phase'], status),
    set(['at'], now),
    set(['endedAt'], now),
    set(['expires'], expires),
    ...(run.kind === 'workflow' && by !== undefined ? [set(['result'], by)] : []),
    raiseRev(),
  ];
}
