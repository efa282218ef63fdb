import type { RunId } from '../model/ids.ts';
import type { DeliveryTarget, Run } from '../model/run.ts';
import type { EpochSec } from '../model/time.ts';
import type { Transition } from '../model/transition.ts';
import { liveChildren } from './end.ts';
import { inPhase, raiseRev, remove, set, unchanged } from './guards.ts';

/** What a run that has ended owes to others. Each may be done any number of times. */
export interface Duties {
  readonly release: readonly RunId[];
  readonly notify: Run['parent'];
  /** Children to be cancelled. */
  readonly cancel: readonly RunId[];
  /** Where its result is to be delivered: by runs, which must be there. */
  readonly deliver: readonly DeliveryTarget[];
}

/** Only for a run whose phase is `ending`. */
export const dutiesOf = (run: Run): Duties => ({
  release: run.dependents ?? [],
  notify: run.parent,
  cancel: run.ended === 'cancelled' ? [] : liveChildren(run),
  deliver: run.deliverTo ?? [],
});

/**
 * A run whose duties are done leaves the active index, and the open runs that its tenant may have. Only here its expiry
 * is set: until then others need it.
 *
 * ```
 * A  commit (phase ending) ── release b ── crash
 * D                                          look: release b (done already), notify the parent ── leave
 * ```
 */
export function leave(run: Run, expires: EpochSec): Transition {
  return {
    name: 'leave',
    key: run,
    guards: [...inPhase('leave', 'ending'), unchanged('leave', run)],
    updates: [
      set(['phase'], run.ended),
      set(['at'], run.endedAt),
      set(['expires'], expires),
      remove(['ended']),
      raiseRev(),
    ],
    ...(run.counted && { givesBack: true }),
  };
}
