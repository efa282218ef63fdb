import type { Payload } from '../model/payload.ts';
import type { RunKey } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { Transition } from '../model/transition.ts';
import { active, type Fence, fenced, guard, set } from './guards.ts';
import { leaseNeedAt, lookInTime } from './look-in-time.ts';

export interface RenewCommand {
  readonly key: RunKey;
  readonly fence: Fence;
  readonly leaseUntil: EpochMs;
  /** `at` as the holder saw it last. */
  readonly seenAt: EpochMs;
  readonly progress?: string | undefined;
  readonly checkpoint?: Payload | undefined;
}

/**
 * Extends the lease, and takes progress and checkpoint along. The run that comes back is the new snapshot: it shows a
 * cancel at no further cost. A holder that slept past its lease, but was not taken over, finds that discovery has rung
 * for another and put its next look off: then the renewal brings it forward again.
 *
 * A renewal only ever lengthens the lease. One that was held up on its way would otherwise take from its own holder
 * what a later one has given:
 *
 * ```
 * A  renew until 12:01 ── held up ──────────────────────────────▶ applied late: the lease ends at 12:01 again
 * A                      renew until 12:02 ──▶ applied
 * ```
 */
export function renew({ key, fence, leaseUntil, seenAt, progress, checkpoint }: RenewCommand): Transition {
  const look = lookInTime('renew', leaseNeedAt(leaseUntil), seenAt);
  const at = (...rest: string[]) => ['nodes', fence.node, ...rest];
  return {
    name: 'renew',
    key,
    guards: [
      ...active('renew'),
      ...fenced('renew', fence),
      guard('renew.longer', { is: '<=', path: at('lease', 'until'), value: leaseUntil }),
      look.guard,
    ],
    updates: [
      set(at('lease', 'until'), leaseUntil),
      ...(progress === undefined ? [] : [set(at('progress'), progress)]),
      ...(checkpoint === undefined ? [] : [set(at('checkpoint'), checkpoint)]),
      ...look.updates,
    ],
  };
}
