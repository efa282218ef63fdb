import type { Payload } from '../model/payload.ts';
import type { RunKey } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { Transition } from '../model/transition.ts';
import { active, type Fence, fenced, set } from './guards.ts';

export interface RenewCommand {
  readonly key: RunKey;
  readonly fence: Fence;
  readonly leaseUntil: EpochMs;
  readonly progress?: string | undefined;
  readonly checkpoint?: Payload | undefined;
}

/**
 * Extends the lease, and takes progress and checkpoint along. The run that comes back is the new snapshot: it shows a
 * cancel at no further cost.
 */
export function renew({ key, fence, leaseUntil, progress, checkpoint }: RenewCommand): Transition {
  const at = (...rest: string[]) => ['nodes', fence.node, ...rest];
  return {
    name: 'renew',
    key,
    guards: [...active('renew'), ...fenced('renew', fence)],
    updates: [
      set(at('lease', 'until'), leaseUntil),
      ...(progress === undefined ? [] : [set(at('progress'), progress)]),
      ...(checkpoint === undefined ? [] : [set(at('checkpoint'), checkpoint)]),
    ],
  };
}
