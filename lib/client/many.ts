import { HoldfastError, isUnreachable } from '../model/errors.ts';
import { type Run, type RunStatus, statusOf } from '../model/run.ts';
import { isReadable } from '../ports/run-store.ts';
import { retryId } from '../protocol/retry.ts';
import type {
  CancelOptions,
  ListOptions,
  ManyOptions,
  ManyRuns,
  RetriedRun,
  RetryFilter,
  RunFilter,
  SteeredRun,
  WhoAndWhy,
} from './client.ts';
import { askToCancel, pauseRun, resumeRun, tended } from './control.ts';
import { findRuns } from './list.ts';
import type { ClientPorts } from './ports.ts';
import { retryFailed } from './retry.ts';
import { timeOf } from './time-of.ts';

const manyMax = 1_000;

/** @throws HoldfastError `InvalidArgument` */
export async function retryMany(
  ports: ClientPorts,
  filter: RetryFilter = {},
  { dryRun, pages }: ManyOptions = {},
): Promise<ManyRuns<RetriedRun>> {
  const { found, ...rest } = await findMany(ports, ['failed'], { filter, pages }, (page) =>
    retriable(ports, page),
  );
  const runs = await each(found, { dryRun }, async (run) => ({
    retry: (await retryFailed(ports, run)).run.run,
  }));
  return { runs, ...rest };
}

/** @throws HoldfastError `InvalidArgument` */
export async function cancelMany(
  ports: ClientPorts,
  filter: RunFilter = {},
  { dryRun, pages, ...request }: CancelOptions & ManyOptions = {},
): Promise<ManyRuns<SteeredRun>> {
  const statuses = ['ready', 'waiting', 'running', 'paused'] as const;
  const { found, ...rest } = await findMany(ports, statuses, { filter, pages }, (page) => {
    const open = page.filter((run) => !isCancelled(run, request));
    return withoutChildren(ports, withoutDeliveries(open, filter), { statuses, ...filter });
  });
  // All are asked before one of them ends, so that none fails by the end of another.
  const asked: Run[] = [];
  const rows = await steered(dependentsFirst(found), { dryRun }, async (run) => {
    const cancelling = await askToCancel(ports, run, request);
    asked.push(cancelling);
    return cancelling;
  });
  const ended = new Map<string, SteeredRun['status']>();
  for (const run of asked) ended.set(run.run, statusOf(await tended(ports, run)));
  return { runs: rows.map((row) => ({ ...row, status: ended.get(row.id) ?? row.status })), ...rest };
}

/** @throws HoldfastError `InvalidArgument` */
export async function pauseMany(
  ports: ClientPorts,
  filter: RunFilter = {},
  { dryRun, pages, ...request }: CancelOptions & ManyOptions = {},
): Promise<ManyRuns<SteeredRun>> {
  const keep = (page: readonly Run[]) =>
    withoutDeliveries(
      page.filter(({ control }) => control === undefined),
      filter,
    );
  const { found, ...rest } = await findMany(ports, ['ready', 'waiting', 'running'], { filter, pages }, keep);
  return { runs: await steered(found, { dryRun }, (run) => pauseRun(ports, run, request)), ...rest };
}

/** @throws HoldfastError `InvalidArgument` */
export async function resumeMany(
  ports: ClientPorts,
  filter: RunFilter = {},
  { dryRun, pages, ...request }: WhoAndWhy & ManyOptions = {},
): Promise<ManyRuns<SteeredRun>> {
  const { found, ...rest } = await findMany(ports, ['paused'], { filter, pages });
  return { runs: await steered(found, { dryRun }, (run) => resumeRun(ports, run, request)), ...rest };
}

/** Those of a page that it can be done to: the others do not count for the limit. */
type Keep = (page: readonly Run[]) => readonly Run[] | Promise<readonly Run[]>;

interface Asked {
  readonly filter: RunFilter;
  readonly pages: number | undefined;
}

interface Found {
  readonly found: readonly Run[];
  /** After the last one that was taken, or looked at. */
  readonly cursor?: string;
}

/** All of them are found before anything is done to one: that moves it to another place. */
async function findMany(
  { clock, runs }: ClientPorts,
  statuses: readonly RunStatus[],
  { filter: { limit = 100, status, ...filter }, pages = Number.POSITIVE_INFINITY }: Asked,
  keep: Keep = (page) => page,
): Promise<Found> {
  if (!Number.isInteger(limit) || limit < 1 || limit > manyMax)
    throw invalid('limit', `must be 1 to ${manyMax}`);
  if (status !== undefined && !statuses.includes(status))
    throw invalid('status', `must be ${statuses.join(', ')}`);
  const only = status ?? (statuses.length === 1 ? statuses[0] : undefined);
  const query: ListOptions = { ...filter, limit: 100, ...(only !== undefined && { status: only }) };
  const found: Run[] = [];
  let { cursor } = filter;
  for (let read = 0; read < pages && found.length < limit; read += 1) {
    const page = await findRuns(
      runs,
      { ...query, ...(cursor !== undefined && { cursor }) },
      clock.now(),
      statuses,
    );
    const kept = await keep(page.found.map(({ run }) => run));
    const taken = kept.slice(0, limit - found.length);
    found.push(...taken);
    const last = page.found.find(({ run }) => run === taken.at(-1));
    // What did not find room comes first when it goes on.
    cursor = taken.length < kept.length ? last?.cursor : page.cursor;
    if (cursor === undefined) break;
  }
  return { found, ...(cursor !== undefined && { cursor }) };
}

/** Whether there is nothing to ask for any more. */
const isCancelled = ({ control }: Run, { mode = 'graceful' }: CancelOptions): boolean =>
  control?.kind === 'cancel' && (control.mode === 'abort' || mode === 'graceful');

/** A child is tried again with its parent; what never began, or was tried again, cannot be. */
async function retriable({ runs }: ClientPorts, page: readonly Run[]): Promise<readonly Run[]> {
  const fit = page.filter(({ failure, parent }) => !failure && !parent);
  const keys = fit.map(({ run, tenant }) => ({ tenant, run: retryId(run) }));
  const retried = new Set((keys.length > 0 ? await runs.getMany(keys) : []).map(({ run }) => run));
  return fit.filter(({ run }) => !retried.has(retryId(run)));
}

/** A result that was promised still comes, whatever becomes of the rest. */
const withoutDeliveries = (page: readonly Run[], { name }: RunFilter): readonly Run[] =>
  page.filter(({ deliveryOf }) => deliveryOf === undefined || name !== undefined);

/** A child ends with its parent, where that is asked for, too: by itself it would make the parent fail. */
async function withoutChildren(
  { runs }: ClientPorts,
  page: readonly Run[],
  { name, since, status, statuses, until }: RunFilter & { readonly statuses: readonly RunStatus[] },
): Promise<readonly Run[]> {
  const keys = page.flatMap(({ parent, tenant }) => (parent ? [{ tenant, run: parent.run }] : []));
  const parents = keys.length > 0 ? (await runs.getMany(keys)).filter(isReadable) : [];
  const from = timeOf(since, 'since') ?? 0;
  const to = timeOf(until, 'until') ?? Number.POSITIVE_INFINITY;
  const asked = parents.filter(
    (run) =>
      (name === undefined || run.name === name) &&
      (status === undefined ? statuses : [status]).includes(statusOf(run)) &&
      run.at >= from &&
      run.at <= to,
  );
  const ids = new Set(asked.map(({ run }) => run));
  return page.filter(({ parent }) => !parent || !ids.has(parent.run));
}

/** Those that wait for others come before these. A chain of thousands is as deep as the limit, no deeper. */
function dependentsFirst(found: readonly Run[]): readonly Run[] {
  const all = new Map(found.map((run) => [run.run, run]));
  const depths = new Map<string, number>();
  const depthOf = ({ run, waitsFor = [] }: Run): number => {
    const known = depths.get(run);
    if (known !== undefined) return known;
    const below = waitsFor.map((id) => all.get(id)).map((each) => (each ? depthOf(each) : 0));
    const depth = waitsFor.length === 0 ? 0 : 1 + Math.max(...below);
    depths.set(run, depth);
    return depth;
  };
  return [...found].sort((a, b) => depthOf(b) - depthOf(a));
}

function steered(
  found: readonly Run[],
  options: ManyOptions,
  act: (run: Run) => Promise<Run>,
): Promise<readonly SteeredRun[]> {
  return each(
    found,
    options,
    async (run) => ({ status: statusOf(await act(run)) }),
    (run) => ({ status: statusOf(run) }),
  );
}

/** One after the other. What is refused stands beside what is done; without the store nothing more is. */
async function each<Done extends object>(
  found: readonly Run[],
  { dryRun = false }: ManyOptions,
  act: (run: Run) => Promise<Done>,
  asItIs: (run: Run) => Done | object = () => ({}),
): Promise<readonly (Pick<RetriedRun, 'id' | 'task' | 'error'> & Done)[]> {
  const all = [];
  for (const run of found) {
    const shown = { id: run.run, task: run.name, ...asItIs(run) };
    all.push(dryRun ? shown : { ...shown, ...(await act(run).catch(refusal)) });
  }
  return all as never;
}

function refusal(error: unknown): Pick<RetriedRun, 'error'> {
  if (!(error instanceof HoldfastError) || isUnreachable(error)) throw error;
  return { error: { code: error.code, message: error.message } };
}

const invalid = (field: string, what: string): HoldfastError =>
  new HoldfastError('InvalidArgument', `${field} ${what}`, { field });
