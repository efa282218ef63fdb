import type { Run } from '../../lib/client/index.ts';
import type { RunsFilter } from './router.ts';

/** A listing, the latest first, after some runs have changed. What fits it no more leaves it. */
export function withChanges(
  listed: readonly Run[],
  changed: readonly Run[],
  { name, status, until }: RunsFilter,
): readonly Run[] {
  const latest = new Map(changed.map((run) => [run.id, run]));
  const fits = (run: Run) => (!status || run.status === status) && (!name || run.task === name);
  const kept = listed.flatMap((run) => {
    const now = latest.get(run.id);
    latest.delete(run.id);
    if (!now) return [run];
    return fits(now) ? [now] : [];
  });
  // What changes now is later than any time that was asked for.
  const added = until ? [] : [...latest.values()].filter(fits).reverse();
  return [...added, ...kept];
}
