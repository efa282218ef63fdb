import { HoldfastError } from '../model/errors.ts';
import { type Run, type RunStatus, statusOf } from '../model/run.ts';
import { isReadable } from '../ports/run-store.ts';
import { retryId } from '../protocol/retry.ts';
import type {
  CancelOptions,
  ListOptions,
  ManyOptions,
  RetriedRun,
  RetryFilter,
  RunFilter,
  SteeredRun,
  WhoAndWhy,
} from './client.ts';
import { askToCancel, pauseRun, resumeRun, tended } from './control.ts';
import { listRuns } from './list.ts';
import type { ClientPorts } from './ports.ts';
import { retryFailed } from './retry.ts';
import { timeOf } from './time-of.ts';

const manyMax = 1_000;

/** @throws HoldfastError `InvalidArgument` */
export async function retryMany(
  ports: ClientPorts,
  filter: RetryFilter = {},
  options: ManyOptions = {},
): Promise<readonly RetriedRun[]> {
  const found = await findMany(ports, ['failed'], filter, (page) => retriable(ports, page));
  return await each(found, options, async (run) => ({ retry: (await retryFailed(ports, run)).run.run }));
}

/** @throws HoldfastError `InvalidArgument` */
export async function cancelMany(
  ports: ClientPorts,
  filter: RunFilter = {},
  { dryRun, ...request }: CancelOptions & ManyOptions = {},
): Promise<readonly SteeredRun[]> {
  const statuses = ['ready', 'waiting', 'running', 'paused'] as const;
  const found = await findMany(ports, statuses, filter, (page) =>
    withoutChildren(ports, withoutDeliveries(page, filter), { statuses, ...filter }),
  );
  // All are asked before one of them ends, so that none fails by the end of another.
  const asked: Run[] = [];
  const rows = await steered(dependentsFirst(found), { dryRun }, async (run) => {
    const cancelling = await askToCancel(ports, run, request);
    asked.push(cancelling);
    return cancelling;
  });
  const ended = new Map<string, SteeredRun['status']>();
  for (const run of asked) ended.set(run.run, statusOf(await tended(ports, run)));
  return rows.map((row) => ({ ...row, status: ended.get(row.id) ?? row.status }));
}

/** @throws HoldfastError `InvalidArgument` */
export async function pauseMany(
  ports: ClientPorts,
  filter: RunFilter = {},
  { dryRun, ...request }: CancelOptions & ManyOptions = {},
): Promise<readonly SteeredRun[]> {
  const keep = (page: readonly Run[]) => withoutDeliveries(page, filter);
  const found = await findMany(ports, ['ready', 'waiting', 'running'], filter, keep);
  return await steered(found, { dryRun }, (run) => pauseRun(ports, run, request));
}

/** @throws HoldfastError `InvalidArgument` */
export async function resumeMany(
  ports: ClientPorts,
  filter: RunFilter = {},
  { dryRun, ...request }: WhoAndWhy & ManyOptions = {},
): Promise<readonly SteeredRun[]> {
  const found = await findMany(ports, ['paused'], filter);
  return await steered(found, { dryRun }, (run) => resumeRun(ports, run, request));
}

/** Those of a page that it can be done to: the others do not count for the limit. */
type Keep = (page: readonly Run[]) => readonly Run[] | Promise<readonly Run[]>;

/** All of them are found before anything is done to one: that moves it to another place. */
async function findMany(
  { clock, runs }: ClientPorts,
  statuses: readonly RunStatus[],
  { limit = 100, status, ...filter }: RunFilter,
  keep: Keep = (page) => page,
): Promise<readonly Run[]> {
  if (!Number.isInteger(limit) || limit < 1 || limit > manyMax)
    throw invalid('limit', `must be 1 to ${manyMax}`);
  if (status !== undefined && !statuses.includes(status))
    throw invalid('status', `must be ${statuses.join(', ')}`);
  const only = status ?? (statuses.length === 1 ? statuses[0] : undefined);
  const found: Run[] = [];
  let cursor: string | undefined;
  do {
    const query: ListOptions = {
      ...filter,
      limit: 100,
      ...(only !== undefined && { status: only }),
      ...(cursor !== undefined && { cursor }),
    };
    const page = await listRuns(runs, query, clock.now(), statuses);
    found.push(...(await keep(page.runs)));
    cursor = page.cursor;
  } while (cursor !== undefined && found.length < limit);
  return found.slice(0, limit);
}

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
  if (!(error instanceof HoldfastError) || error.code === 'StoreUnreachable') throw error;
  return { error: { code: error.code, message: error.message } };
}

const invalid = (field: string, what: string): HoldfastError =>
  new HoldfastError('InvalidArgument', `${field} ${what}`, { field });
