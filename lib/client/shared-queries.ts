import type { EpochMs, Ms } from '../model/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { IndexPage } from '../ports/run-store.ts';
import type { ListedStore } from './list.ts';

/** So old an answer may be. */
export const sharedMs: Ms = 1_000;

/** Asks the index once, where several ask it for the same within a second. */
export function sharedQueries(runs: ListedStore, clock: Clock): ListedStore {
  const asked = new Map<string, { readonly at: EpochMs; readonly page: Promise<IndexPage> }>();
  return {
    getMany: (keys) => runs.getMany(keys),
    query: (query) => {
      const now = clock.now();
      // They stand in the order in which they were asked.
      for (const [key, { at }] of asked) {
        if (now >= at && now - at < sharedMs) break;
        asked.delete(key);
      }
      const key = JSON.stringify(query);
      const known = asked.get(key)?.page;
      if (known) return known;
      const page = runs.query(query);
      asked.set(key, { at: now, page });
      // Whoever asked hears of it; the next one tries again.
      page.catch(() => asked.delete(key));
      return page;
    },
  };
}
