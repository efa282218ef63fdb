import { HoldfastError } from '../model/errors.ts';
import { type Run, type RunStatus, statusOf } from '../model/run.ts';
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
import { cancelRun, pauseRun, resumeRun } from './control.ts';
import { listRuns } from './list.ts';
import type { ClientPorts } from './ports.ts';
import { retryFailed } from './retry.ts';

const manyMax = 1_000;

/** @throws HoldfastError `InvalidArgument` */
export async function retryMany(
  ports: ClientPorts,
  filter: RetryFilter = {},
  options: ManyOptions = {},
): Promise<readonly RetriedRun[]> {
  const found = await findMany(ports, ['failed'], filter);
  return await each(found, options, async (run) => ({ retry: (await retryFailed(ports, run)).run.run }));
}

/** @throws HoldfastError `InvalidArgument` */
export async function cancelMany(
  ports: ClientPorts,
  filter: RunFilter = {},
  { dryRun, ...request }: CancelOptions & ManyOptions = {},
): Promise<readonly SteeredRun[]> {
  const found = await findMany(ports, ['ready', 'waiting', 'running', 'paused'], filter);
  return await steered(found, { dryRun }, (run) => cancelRun(ports, run, request));
}

/** @throws HoldfastError `InvalidArgument` */
export async function pauseMany(
  ports: ClientPorts,
  filter: RunFilter = {},
  { dryRun, ...request }: CancelOptions & ManyOptions = {},
): Promise<readonly SteeredRun[]> {
  const found = await findMany(ports, ['ready', 'waiting', 'running'], filter);
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

/** All of them are found before anything is done to one: that moves it to another place. */
async function findMany(
  { clock, runs }: ClientPorts,
  statuses: readonly RunStatus[],
  { limit = 100, status, ...filter }: RunFilter,
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
    found.push(...page.runs);
    cursor = page.cursor;
  } while (cursor !== undefined && found.length < limit);
  return found.slice(0, limit);
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
