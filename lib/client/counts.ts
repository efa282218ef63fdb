import pMap from 'p-map';
import { noTenant, tenantId } from '../model/ids.ts';
import type { EpochMs } from '../model/time.ts';
import { type RunStore, shardCount } from '../ports/run-store.ts';
import type { CountsOptions } from './client.ts';
import type { RunCounts } from './run-view.ts';
import { timeOf } from './time-of.ts';

const phases = ['active', 'paused', 'succeeded', 'failed', 'cancelled', 'skipped'] as const;
type Counted = (typeof phases)[number];
/** Of each of the index's partitions no more entries are read: one request each, and a thousandth of a cent in all. */
const entriesMax = 1_000;

/**
 * How many runs the index names, each phase up to 1,000 for each of its partitions. It reads no run.
 *
 * @throws HoldfastError `InvalidArgument` for no time or tenant
 */
export async function countRuns(
  store: Pick<RunStore, 'query'>,
  { since, tenant }: CountsOptions = {},
): Promise<RunCounts> {
  const whose = tenant === undefined ? noTenant : tenantId(tenant);
  const from = timeOf(since, 'since');
  const parts = phases.flatMap((phase) =>
    Array.from({ length: shardCount }, (_, shard) => ({ phase, shard, ...sinceOf(phase, from) })),
  );
  const counts = { active: 0, paused: 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };
  const more = new Set<Counted>();
  await pMap(
    parts,
    async (part) => {
      const { cursor, entries } = await store.query({ ...part, newestFirst: true, limit: entriesMax });
      counts[part.phase] += entries.filter((entry) => entry.tenant === whose).length;
      if (cursor !== undefined) more.add(part.phase);
    },
    { concurrency: 32 },
  );
  return { ...counts, ...(more.size > 0 && { more: phases.filter((phase) => more.has(phase)) }) };
}

/** What has not ended stands in the index by when it is looked at next, which is no time to ask for. */
function sinceOf(phase: Counted, since: EpochMs | undefined): { readonly since?: EpochMs } {
  return since === undefined || phase === 'active' || phase === 'paused' ? {} : { since };
}
