import { hash } from 'node:crypto';
import * as z from 'zod';
import { HoldfastError } from '../model/errors.ts';
import { noTenant, tenantId } from '../model/ids.ts';
import { type Phase, type Run, type RunStatus, statusOf } from '../model/run.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import { type IndexEntry, isReadable, type RunStore, shardCount } from '../ports/run-store.ts';
import type { ListOptions } from './client.ts';
import { timeOf } from './time-of.ts';

/** A page looks at no more index entries than this, and may be short of its limit therefore. */
const entriesMax = 1_000;
const limitMax = 100;
/** What is read at once, when the first entries have not been enough. */
const entriesPerStep = 100;
/** A pausing run is looked at again once its leases have ended, and none is longer than 12 hours. */
const pausingMsMax: Ms = 12 * 3_600_000 + 60_000;

/** The tie is a digest: a page may end at a run of another tenant, of which nothing is to be told. */
const positionSchema = z.strictObject({ at: z.int().min(0), tie: z.string().regex(/^[\w-]{22}$/) });
/** Where a page ended, in the order of the listing: by `at`, then by a digest of tenant and id. */
type Position = z.infer<typeof positionSchema>;

type Entry = IndexEntry & Position;

export type ListedStore = Pick<RunStore, 'getMany' | 'query'>;

interface Range {
  readonly since: EpochMs;
  readonly until: EpochMs;
  /** Negative where the first comes first in the listing. */
  readonly compare: (a: Position, b: Position) => number;
  readonly newestFirst: boolean;
  readonly after: Position | undefined;
  readonly limit: number;
}

/**
 * One page of runs, the latest first unless `sort` says otherwise: by end for finished runs, by next look for active
 * ones. Reads one index query for each of 16 shards and each phase asked for, so a listing of one status is several
 * times cheaper than one of all. What it holds is bounded by the limit, however many runs there are.
 *
 * @param statuses where no single one is asked for, those of which it must be one; none means any
 * @throws HoldfastError `InvalidArgument` for a limit outside 1 to 100, no time, or a damaged cursor
 */
export async function listRuns(
  store: ListedStore,
  options: ListOptions,
  now: EpochMs,
  statuses: readonly RunStatus[] = [],
): Promise<{ runs: readonly Run[]; cursor?: string }> {
  const { found, ...page } = await findRuns(store, options, now, statuses);
  return { runs: found.map(({ run }) => run), ...page };
}

/** As `listRuns`, with the cursor of each run: a listing goes on after any of them. @throws as `listRuns` */
export async function findRuns(
  store: ListedStore,
  options: ListOptions,
  now: EpochMs,
  statuses: readonly RunStatus[],
): Promise<{ found: readonly { run: Run; cursor: string }[]; cursor?: string }> {
  const tenant = options.tenant === undefined ? noTenant : tenantId(options.tenant);
  const range = rangeOf(options);
  const { limit } = range;
  const merged = mergeInOrder(
    phasesOf(options.status, statuses).flatMap((phase) =>
      shards(store, phase, bounded(range, phase, options, now)),
    ),
    range.compare,
  );
  const fit: { run: Run; cursor: string }[] = [];
  let position: Position | undefined;
  for (let seen = 0; seen < entriesMax && fit.length < limit; ) {
    const entries = await take(merged, Math.min(seen === 0 ? limit : entriesPerStep, entriesMax - seen));
    if (entries.length === 0) return { found: fit };
    seen += entries.length;
    const found = await readEntries(
      store,
      entries.filter((entry) => entry.tenant === tenant),
    );
    for (const entry of entries) {
      if (fit.length === limit) break;
      position = { at: entry.at, tie: entry.tie };
      const run = entry.tenant === tenant ? found.get(entry.run) : undefined;
      if (run && matches(run, options, statuses)) fit.push({ run, cursor: writeCursor(position) });
    }
  }
  return position ? { found: fit, cursor: writeCursor(position) } : { found: fit };
}

function rangeOf({ cursor, limit = 20, since, sort = 'latest', until }: ListOptions): Range {
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax)
    throw invalid('limit', `must be a whole number from 1 to ${limitMax}`);
  if (sort !== 'latest' && sort !== 'earliest') throw invalid('sort', 'must be latest or earliest');
  const newestFirst = sort === 'latest';
  return {
    since: timeOf(since, 'since') ?? 0,
    until: timeOf(until, 'until') ?? Number.POSITIVE_INFINITY,
    compare: newestFirst ? compareLatest : compareEarliest,
    newestFirst,
    after: cursor === undefined ? undefined : readCursor(cursor),
    limit,
  };
}

/** A run that is pausing stands among the active ones, but not among those that are looked at much later. */
function bounded(range: Range, phase: Phase, { status }: ListOptions, now: EpochMs): Range {
  if (status !== 'paused' || phase !== 'active') return range;
  return { ...range, until: Math.min(range.until, now + pausingMsMax) };
}

function matches(run: Run, { name, status }: ListOptions, statuses: readonly RunStatus[]): boolean {
  if (name !== undefined && run.name !== name) return false;
  if (status !== undefined) return statusOf(run) === status;
  return statuses.length === 0 || statuses.includes(statusOf(run));
}

function phasesOf(status: RunStatus | undefined, statuses: readonly RunStatus[]): readonly Phase[] {
  if (status === 'paused') return ['paused', 'active'];
  if (status !== undefined) return [phaseOf(status)];
  if (statuses.length > 0) return [...new Set(statuses.map(phaseOf))];
  return ['active', 'paused', 'succeeded', 'failed', 'cancelled', 'skipped'];
}

const phaseOf = (status: RunStatus): Phase =>
  status === 'ready' || status === 'waiting' || status === 'running' ? 'active' : status;

/** Those of the entries that are there and can be read, by their ids. */
export async function readEntries(
  store: ListedStore,
  entries: readonly IndexEntry[],
): Promise<ReadonlyMap<string, Run>> {
  if (entries.length === 0) return new Map();
  const found = await store.getMany(entries.map(({ tenant, run }) => ({ tenant, run })));
  return new Map(found.filter(isReadable).map((run) => [run.run, run]));
}

/** What the index holds of some phases from one time on, the earliest first. */
export function entriesSince(
  store: ListedStore,
  phases: readonly Phase[],
  { limit, since }: { readonly limit: number; readonly since: EpochMs },
): AsyncGenerator<Entry> {
  const range: Range = {
    since,
    until: Number.POSITIVE_INFINITY,
    compare: compareEarliest,
    newestFirst: false,
    after: undefined,
    limit,
  };
  return mergeInOrder(
    phases.flatMap((phase) => shards(store, phase, range)),
    range.compare,
  );
}

function shards(store: ListedStore, phase: Phase, range: Range) {
  return Array.from({ length: shardCount }, (_, shard) => entriesOf(store, phase, shard, range));
}

async function* entriesOf(
  store: ListedStore,
  phase: Phase,
  shard: number,
  range: Range,
): AsyncGenerator<Entry, undefined> {
  const { after, compare } = range;
  // The index orders by time alone: those of one time are put in order here, or pages would lose some of them.
  let sameTime: Entry[] = [];
  for await (const indexEntry of indexed(store, phase, shard, range)) {
    const entry = { ...indexEntry, tie: tieOf(indexEntry) };
    if (after && compare(entry, after) <= 0) continue;
    if (sameTime[0] && sameTime[0].at !== entry.at) {
      yield* sameTime.sort(compare);
      sameTime = [];
    }
    sameTime.push(entry);
  }
  yield* sameTime.sort(compare);
  return undefined;
}

/** As the index has them. */
async function* indexed(
  store: ListedStore,
  phase: Phase,
  shard: number,
  { after, limit, newestFirst, ...range }: Range,
): AsyncGenerator<IndexEntry, void> {
  const since = after && !newestFirst ? Math.max(range.since, after.at) : range.since;
  const until = after && newestFirst ? Math.min(range.until, after.at) : range.until;
  if (since > until) return;
  let cursor: string | undefined;
  do {
    const page = await store.query({
      phase,
      shard,
      newestFirst,
      limit: cursor === undefined ? limit : entriesPerStep,
      ...(since > 0 && { since }),
      ...(until < Number.POSITIVE_INFINITY && { until }),
      ...(cursor !== undefined && { cursor }),
    });
    yield* page.entries;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

const tieOf = ({ run, tenant }: IndexEntry): string =>
  hash('sha256', `${tenant}#${run}`, 'base64url').slice(0, 22);

const compareTies = (a: Position, b: Position): number => (a.tie < b.tie ? -1 : a.tie > b.tie ? 1 : 0);
const compareLatest = (a: Position, b: Position): number => b.at - a.at || compareTies(a, b);
const compareEarliest = (a: Position, b: Position): number => a.at - b.at || compareTies(a, b);

/** Merges sorted sources; every first entry is asked for at once. */
async function* mergeInOrder(
  sources: AsyncGenerator<Entry, undefined>[],
  compare: Range['compare'],
): AsyncGenerator<Entry> {
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

export async function take(source: AsyncGenerator<Entry>, count: number): Promise<Entry[]> {
  const taken: Entry[] = [];
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
    throw invalid('cursor', 'is not one that a listing gave');
  }
}

const invalid = (field: string, what: string): HoldfastError =>
  new HoldfastError('InvalidArgument', `${field} ${what}`, { field });
