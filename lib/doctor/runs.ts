import {
  type IndexEntry,
  isReadable,
  type RunStore,
  shardCount,
  type UnreadableRun,
} from '../ports/run-store.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Of each part of the index. All of them together are one read of their items. */
const entriesInShard = 6;

/** Whether this version can read the runs that are due next. */
export async function checkRuns(runs: Pick<RunStore, 'query' | 'getMany'>): Promise<Finding> {
  const shards = Array.from({ length: shardCount }, (_, shard) => shard);
  const pages = await Promise.all(
    shards.map((shard) => runs.query({ phase: 'active', shard, limit: entriesInShard })),
  );
  const entries: readonly IndexEntry[] = pages.flatMap((page) => page.entries);
  if (entries.length === 0) return ok('runs', 'none is active');
  const found = await runs.getMany(entries);
  const unreadable = found.filter((run): run is UnreadableRun => !isReadable(run));
  const damaged = unreadable.find(({ damage }) => damage !== undefined);
  if (damaged) {
    const what = `The item of run ${damaged.run} is damaged: ${damaged.damage}`;
    return fail(
      'runs',
      what,
      'It was changed by something else than Holdfast: mend or delete it in the table.',
    );
  }
  const [newer] = unreadable;
  if (newer) {
    const what = `${unreadable.length} of ${found.length} active runs were written by a newer version (schema ${newer.schema}), such as ${newer.run}`;
    return warn('runs', what, 'Update Holdfast here: this version leaves them to others.');
  }
  return ok('runs', `${found.length} active ones looked at, all readable`);
}
