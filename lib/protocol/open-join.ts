import type { NodeId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { Guard, Transition, Update } from '../model/transition.ts';
import { active, equals, guard, raiseRev, set, unchanged } from './guards.ts';
import { lookInTime } from './look-in-time.ts';
import { endedBranches } from './nodes/join.ts';
import { type FollowUp, followUpOf, type OpenOptions, openNodes } from './open.ts';

interface OpenJoin {
  readonly guards: readonly Guard[];
  readonly updates: readonly Update[];
  readonly followUp: FollowUp;
}

/**
 * The part of a write that opens a join. It comes after all its branches: under an epoch that is larger than any of
 * theirs, where its opener goes on with it.
 *
 * @param name of the write
 */
export function openJoin(name: string, run: Run, fork: NodeId, options: OpenOptions): OpenJoin {
  const epoch = options.inline ? run.epoch + 1 : run.epoch;
  const opened = { nodes: [{ path: fork, from: undefined, delayMs: 0 }], loops: [] };
  const opening = openNodes(opened, epoch, options, run);
  const look = lookInTime(name, opening.needAt, run.at);
  const { continues } = opening;
  return {
    guards: [
      unchanged(name, run),
      // Claims elsewhere in the run raise it, too.
      ...(continues ? [guard(`${name}.newEpoch`, equals(['epoch'], run.epoch))] : []),
      look.guard,
    ],
    updates: [
      ...opening.updates,
      ...(continues ? [set(['epoch'], continues.epoch)] : []),
      raiseRev(),
      ...look.updates,
    ],
    followUp: followUpOf(run, opening, options),
  };
}

/** Opens the join of a fork all of whose branches have ended; undefined when they have not, or it is open already. */
export function joinFork(
  run: Run,
  fork: NodeId,
  options: OpenOptions,
): ({ readonly transition: Transition } & FollowUp) | undefined {
  const ended = endedBranches(run, fork);
  const of = ended[0]?.node.ends?.of;
  if (of === undefined || ended.length < of || run.control || Object.hasOwn(run.nodes, fork))
    return undefined;
  const { followUp, guards, updates } = openJoin('join', run, fork, options);
  return {
    transition: { name: 'join', key: run, guards: [...active('join'), ...guards], updates },
    ...followUp,
  };
}
