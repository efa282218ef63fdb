import type { NodeId } from '../model/ids.ts';
import type { Dispatch } from '../model/message.ts';
import type { Run, RunNode } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { Guard, Update } from '../model/transition.ts';
import { dispatchOf } from './dispatch.ts';
import { dispatchGraceMs, idleLookMs, messageDelayMaxMs } from './limits.ts';
import { lookInTime } from './look-in-time.ts';

interface BecomesReady {
  readonly guards: readonly Guard[];
  readonly updates: readonly Update[];
  readonly dispatches: readonly Dispatch[];
}

/**
 * The part of a write that makes nodes ready which have waited: somebody looks at them in time, and they are rung. One
 * that may begin later only, because its run was submitted with a delay, is rung for that time. A run that is paused
 * rings when it goes on, one that is about to be paused or cancelled is looked at.
 *
 * @param timeouts of nodes that begin to wait by the same write
 */
export function becomesReady(
  name: string,
  run: Run,
  { nodes, timeouts = [] }: { nodes: readonly (readonly [NodeId, RunNode])[]; timeouts?: readonly EpochMs[] },
  now: EpochMs,
): BecomesReady {
  if (run.phase !== 'active') return { guards: [], updates: [], dispatches: [] };
  const dispatches: Dispatch[] = [];
  const needs = nodes.map(([path, { notBefore }]) => {
    const delayMs = Math.max(0, notBefore - now);
    if (run.control || delayMs > messageDelayMaxMs) return now + delayMs;
    dispatches.push(dispatchOf(run, path, { delayMs, hop: 0 }));
    return now + delayMs + dispatchGraceMs;
  });
  const look = lookInTime(name, Math.min(...needs, ...timeouts, now + idleLookMs), run.at);
  return { guards: [look.guard], updates: look.updates, dispatches };
}
