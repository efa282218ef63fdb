import { type Command, Option } from 'commander';
import type {
  CancelOptions,
  Client,
  InTenant,
  ManyOptions,
  ManyRuns,
  RetriedRun,
  RunFilter,
  SteeredRun,
} from '../client/client.ts';
import type { Run } from '../client/run-view.ts';
import { HoldfastError } from '../model/errors.ts';
import type { RunStatus } from '../model/run.ts';
import type { Cli, SetExitCode } from './cli.ts';
import { exitCodes } from './exit-codes.ts';
import { atLeastOne, openSession, type RequestGiven, requestOf, type Session } from './options.ts';
import { type Column, printable, statusStyles, table } from './text.ts';

/** What `addManyOptions` reads. */
interface ManyGiven extends Omit<RunFilter, 'tenant'>, ManyOptions {
  readonly all?: true;
}

const columns: readonly Column<SteeredRun>[] = [
  { title: 'ID', text: ({ id }) => id },
  { title: 'TASK', text: ({ task }) => task },
  { title: 'STATUS', text: ({ status }) => status, style: ({ status }) => statusStyles[status] ?? 'bold' },
  { title: '', text: ({ error }) => (error ? `${error.code}: ${error.message}` : ''), style: () => 'red' },
];

/** What is asked of one run by its id, or of many by what they have in common. */
interface Steering {
  readonly statuses: readonly RunStatus[];
  readonly one: (
    client: Client,
    id: string,
    request: Omit<CancelOptions, 'tenant'> & InTenant,
  ) => Promise<Run>;
  readonly many: (
    client: Client,
    filter: RunFilter,
    request: Omit<CancelOptions, 'tenant'> & ManyOptions,
  ) => Promise<ManyRuns<SteeredRun>>;
  /** What became of one. */
  readonly said: (run: Run) => string;
}

/** Gives a verb its argument, its options and what it does. */
export function steers(verb: Command, cli: Cli, setExitCode: SetExitCode, steering: Steering): void {
  addManyOptions(verb.argument('[id]', 'the id of a run'), steering.statuses).action(
    async (id: string | undefined, given: RequestGiven & ManyGiven, command: Command) => {
      const session = openSession(command, cli);
      const { client, inTenant, print } = session;
      const many = manyAsked(id, given, session);
      const request = requestOf(given);
      if (many) {
        const ask: AskMany<SteeredRun> = (part, dryRun) =>
          steering.many(client, { ...many.filter, ...part }, { ...request, dryRun });
        return await doMany(session, { ...many, ask, columns }, setExitCode);
      }
      const run = await steering.one(client, id ?? '', { ...request, ...inTenant });
      print(run, () => `${steering.said(run)}  ${printable(run.id)}\n`);
    },
  );
}

function addManyOptions(verb: Command, statuses: readonly RunStatus[]): Command {
  return verb
    .option('--all', 'all that it can be done to, instead of one by its id')
    .option('--name <name>', 'of them only runs of this task or workflow')
    .addOption(new Option('--status <status>', 'of them only runs in this state').choices(statuses))
    .option('--since <time>', 'of them only those that are looked at next then or later: ISO 8601')
    .option('--until <time>', 'of them only those that are looked at next then or earlier: ISO 8601')
    .option('--limit <number>', 'how many at most, the latest first (default: all)', atLeastOne)
    .option('--dry-run', 'only show which of them it would be');
}

interface Asked {
  readonly filter: Omit<RunFilter, 'limit' | 'cursor'>;
  readonly limit: number | undefined;
  readonly dryRun: boolean;
}

/**
 * Which runs are meant; undefined where it is one by its id.
 *
 * @throws HoldfastError `InvalidArgument` for both or neither
 */
function manyAsked(
  id: string | undefined,
  given: ManyGiven,
  { inTenant }: Pick<Session, 'inTenant'>,
): Asked | undefined {
  const { all, dryRun = false, limit, name, since, status, until } = given;
  const filter = {
    ...(name !== undefined && { name }),
    ...(since !== undefined && { since }),
    ...(status !== undefined && { status }),
    ...(until !== undefined && { until }),
  };
  if (all && id === undefined) return { filter: { ...filter, ...inTenant }, limit, dryRun };
  if (all) throw usage('Both an id and --all are given', 'Give one of the two.');
  if (id === undefined) throw usage('No run is named', 'Give the id of a run, or --all.');
  const [narrowing] = dryRun ? ['dry-run'] : limit === undefined ? Object.keys(filter) : ['limit'];
  if (narrowing !== undefined) throw usage(`--${narrowing} is for many runs`, 'Give --all instead of an id.');
  return undefined;
}

/** So many are asked for at once: what is done is shown soon. */
const partSize = 100;
/** So many of those that are left are counted. */
const leftMax = 1_000;

/** Some of the runs that are meant, from a cursor on. */
type AskMany<Row> = (part: Pick<RunFilter, 'limit' | 'cursor'>, dryRun: boolean) => Promise<ManyRuns<Row>>;

interface Many<Row> {
  readonly ask: AskMany<Row>;
  readonly columns: readonly Column<Row>[];
  readonly dryRun: boolean;
  /** Default: all. */
  readonly limit: number | undefined;
}

/** Part by part, until all are done or the limit is reached. With 5 as exit code where one of them was refused. */
export async function doMany<Row extends SteeredRun | RetriedRun>(
  { paint, print, printEach }: Session,
  { ask, columns, dryRun, limit = Number.POSITIVE_INFINITY }: Many<Row>,
  setExitCode: SetExitCode,
): Promise<void> {
  const runs: Row[] = [];
  let cursor: string | undefined;
  do {
    const part = { limit: Math.min(limit - runs.length, partSize), ...(cursor !== undefined && { cursor }) };
    const page = await ask(part, dryRun);
    runs.push(...page.runs);
    cursor = page.cursor;
    if (page.runs.length > 0) printEach([], () => table(columns, page.runs, paint));
  } while (cursor !== undefined && runs.length < limit);
  const rest = cursor === undefined ? undefined : await ask({ limit: leftMax, cursor }, true);
  const left = rest?.runs.length ?? 0;
  print({ runs, ...(left > 0 && { left }) }, () => {
    if (runs.length === 0) return 'no runs\n';
    return left > 0 ? `${left}${rest?.cursor ? ' or more' : ''} left: --limit was reached\n` : '';
  });
  if (runs.some(({ error }) => error !== undefined)) setExitCode(exitCodes.refused);
}

const usage = (what: string, hint: string) =>
  new HoldfastError('InvalidArgument', what, { field: 'id', hint });
