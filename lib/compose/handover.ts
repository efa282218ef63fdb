import { laneUrls, type Pools } from '../config/pools.ts';
import type { Handover, TakeDispatch } from '../ports/handover.ts';

/** The workers of this process, by the table and the queues that they work for. */
const workersHere = new Map<string, Set<TakeDispatch>>();

/** Among those of this process that use the same table and queues. */
export function handoverAt(table: string, pools: Pools): Handover {
  const placeOf = (pool: string) => [table, ...laneUrls(pools, pool)].join(' ');
  return {
    offer(dispatch) {
      // A run's pool may be gone from the configuration.
      if (workersHere.size === 0 || !Object.hasOwn(pools, dispatch.pool)) return false;
      for (const take of workersHere.get(placeOf(dispatch.pool)) ?? []) if (take(dispatch)) return true;
      return false;
    },
    join(pool, take) {
      const place = placeOf(pool);
      const workers = workersHere.get(place) ?? new Set();
      workersHere.set(place, workers.add(take));
      return () => {
        workers.delete(take);
        if (workers.size === 0) workersHere.delete(place);
      };
    },
  };
}
