import type { Run } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { Guard, Update } from '../model/transition.ts';
import { dispatchGraceMs } from './limits.ts';
import { lookInTime } from './look-in-time.ts';

/** The part of a write that makes a node ready; a paused run rings when it goes on. */
export function becomesReady(
  name: string,
  run: Run,
  now: EpochMs,
): { readonly guards: readonly Guard[]; readonly updates: readonly Update[]; readonly isRung: boolean } {
  if (run.phase !== 'active') return { guards: [], updates: [], isRung: false };
  const isRung = run.control === undefined;
  const look = lookInTime(name, isRung ? now + dispatchGraceMs : now, run.at);
  return { guards: [look.guard], updates: look.updates, isRung };
}
