import type { EpochMs } from '../model/time.ts';
import type { Guard, Update } from '../model/transition.ts';
import { guard, set } from './guards.ts';
import { takeOverGraceMs } from './limits.ts';

/** When somebody must look whether a lease that ends at `until` was abandoned. */
export const leaseNeedAt = (until: EpochMs): EpochMs => until + takeOverGraceMs + 1;

/**
 * The part of a write that keeps `at` no later than the need that the write creates.
 *
 * Moving `at` costs two index writes and it is mostly early enough, so the write leaves it where it is and makes sure
 * that it is early enough; where the run shows a later one, the write brings it forward instead. Either way the need
 * and the look that meets it come in one step: a crash cannot fall between them.
 *
 * ```
 * look at = 12:15 ── claim until 12:01 (a crash here would wait until 12:15) ── a second write: at = 12:01    no
 * look at = 12:15 ── claim until 12:01 if at ≤ 12:01 ──▶ refused ── claim, at = 12:01 if at > 12:01           yes
 * ```
 *
 * @param seenAt `at` as the run was seen last; undefined where it was not read: then it is taken to be early enough
 */
export function lookInTime(
  name: string,
  needAt: EpochMs,
  seenAt: EpochMs | undefined,
): { readonly guard: Guard; readonly updates: readonly Update[] } {
  if (seenAt === undefined || seenAt <= needAt) {
    return { guard: guard(`${name}.lookInTime`, { is: '<=', path: ['at'], value: needAt }), updates: [] };
  }
  // Only ever brought forward: another look may have moved it meanwhile.
  return {
    guard: guard(`${name}.lookLater`, { is: '>', path: ['at'], value: needAt }),
    updates: [set(['at'], needAt)],
  };
}
