import * as z from 'zod';
import { HoldfastError } from '../model/errors.ts';
import { noTenant, tenantId } from '../model/ids.ts';
import { type Phase, type Run, type RunStatus, statusOf } from '../model/run.ts';
import { type IndexEntry, isReadable, type RunStore, shardCount } from '../ports/run-store.ts';
import type { ListOptions } from './client.ts';

/** A page looks at no more index entries than this, and may be short of its limit therefore. */
const entriesMax = 1_000;
const limitMax = 100;

const positionSchema = z.strictObject({ at: z.int().min(0), run: z.string().min(1).max(128) });
/** Where a page ended, in the order of the listing: latest `at` first, then by id. */
type Position = z.infer<typeof positionSchema>;

/**
 * One page of runs, the latest first: by end for finished runs, by next look for active ones. Reads one index query for
 * each of 16 shards and each phase asked for, so a listing of one status is several times cheaper than one of all.
 *
 * @throws HoldfastError `InvalidArgument` for a limit outside 1 to 100 or a damaged cursor
 */
export async function listRuns(
  store: RunStore,
  options: ListOptions,
): Promise<{ runs: readonly Run[]; cursor?: string }> {
  const limit = options.limit ?? 20;
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax) {
    throw new HoldfastError('InvalidArgument', `limit must be a whole number from 1 to ${limitMax}`, {
      field: 'limit',
    });
  }
  const tenant = options.tenant === undefined ? noTenant : tenantId(options.tenant);
  const after = options.cursor === undefined ? undefined : readCursor(options.cursor);
  const merged = mergeLatestFirst(
    phasesOf(options.status).flatMap((phase) => shards(store, phase, limit, after)),
  );
  const runs: Run[] = [];
  let position: Position | undefined;
  for (let seen = 0; seen < entriesMax && runs.length < limit; ) {
    const entries = await take(merged, Math.min(limit, entriesMax - seen));
    if (entries.length === 0) return { runs };
    seen += entries.length;
    const found = await readInOrder(
      store,
      entries.filter((entry) => entry.tenant === tenant),
    );
    for (const entry of entries) {
      if (runs.length === limit) break;
      position = { at: entry.at, run: entry.run };
      const run = found.get(entry.run);
      if (run && matches(run, options)) runs.push(run);
    }
  }
  return position ? { runs, cursor: writeCursor(position) } : { runs };
}

function matches(run: Run, { status, name }: ListOptions): boolean {
  return (status === undefined || statusOf(run) === status) && (name === undefined || run.name === name);
}

function phasesOf(status: RunStatus | undefined): readonly Phase[] {
  if (status === undefined) return ['active', 'paused', 'succeeded', 'failed', 'cancelled', 'skipped'];
  return status === 'ready' || status === 'waiting' || status === 'running' ? ['active'] : [status];
}

async function readInOrder(store: RunStore, entries: readonly IndexEntry[]): Promise<Map<string, Run>> {
  if (entries.length === 0) return new Map();
  const found = await store.getMany(entries.map(({ tenant, run }) => ({ tenant, run })));
  return new Map(found.filter(isReadable).map((run) => [run.run, run]));
}

function shards(store: RunStore, phase: Phase, limit: number, after: Position | undefined) {
  return Array.from({ length: shardCount }, (_, shard) => entriesOf(store, phase, shard, limit, after));
}

async function* entriesOf(
  store: RunStore,
  phase: Phase,
  shard: number,
  limit: number,
  after: Position | undefined,
): AsyncGenerator<IndexEntry, undefined> {
  let cursor: string | undefined;
  do {
    const page = await store.query({
      phase,
      shard,
      newestFirst: true,
      limit,
      ...(after && { until: after.at }),
      ...(cursor !== undefined && { cursor }),
    });
    for (const entry of page.entries) if (!after || compare(entry, after) > 0) yield entry;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return undefined;
}

const compare = (a: Position, b: Position): number =>
  b.at - a.at || (a.run < b.run ? -1 : a.run > b.run ? 1 : 0);

/** Merges sorted sources; every first entry is asked for at once. */
async function* mergeLatestFirst(
  sources: AsyncGenerator<IndexEntry, undefined>[],
): AsyncGenerator<IndexEntry> {
  const heads = await Promise.all(
    sources.map(async (source) => ({ source, next: (await source.next()).value })),
  );
  for (;;) {
    const best = heads.reduce<(typeof heads)[number] | undefined>(
      (a, b) => (b.next && (!a?.next || compare(b.next, a.next) < 0) ? b : a),
      undefined,
    );
    if (!best?.next) return;
    yield best.next;
    best.next = (await best.source.next()).value;
  }
}

async function take(source: AsyncGenerator<IndexEntry>, count: number): Promise<IndexEntry[]> {
  const taken: IndexEntry[] = [];
  while (taken.length < count) {
    const { value, done } = await source.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

const writeCursor = (position: Position) => Buffer.from(JSON.stringify(position)).toString('base64url');

function readCursor(cursor: string): Position {
  try {
    return positionSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw new HoldfastError('InvalidArgument', 'cursor is not one that a listing gave', { field: 'cursor' });
  }
}
