import type { RunKey } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { Transition } from '../model/transition.ts';
import { active, guard, set } from './guards.ts';
import { takeOverGraceMs } from './limits.ts';

/**
 * Brings `at` forward to a node's need. A claim or hand-back does not touch `at` itself, because moving it costs two
 * index writes and it is mostly early enough.
 */
export function lower(key: RunKey, needAt: EpochMs): Transition {
  return {
    name: 'lower',
    key,
    guards: [...active('lower'), guard('lower.later', { is: '>', path: ['at'], value: needAt })],
    updates: [set(['at'], needAt)],
  };
}

/** When somebody must look whether a lease that ends at `until` was abandoned. */
export const leaseNeedAt = (until: EpochMs): EpochMs => until + takeOverGraceMs + 1;
