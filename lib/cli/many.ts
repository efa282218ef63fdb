import { type Command, Option } from 'commander';
import type {
  CancelOptions,
  Client,
  InTenant,
  ManyOptions,
  RunFilter,
  SteeredRun,
} from '../client/client.ts';
import type { Run } from '../client/run-view.ts';
import { HoldfastError } from '../model/errors.ts';
import type { RunStatus } from '../model/run.ts';
import type { Cli, SetExitCode } from './cli.ts';
import { exitCodes } from './exit-codes.ts';
import { openSession, type RequestGiven, requestOf, type Session, wholeNumber } from './options.ts';
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
  ) => Promise<readonly SteeredRun[]>;
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
        const { dryRun, filter } = many;
        return showMany(session, await steering.many(client, filter, { ...request, dryRun }), setExitCode);
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
    .option('--limit <number>', 'how many at most, 1 to 1000, the latest first (default: 100)', wholeNumber)
    .option('--dry-run', 'only show which of them it would be');
}

interface Asked {
  readonly filter: RunFilter;
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
    ...(limit !== undefined && { limit }),
    ...(name !== undefined && { name }),
    ...(since !== undefined && { since }),
    ...(status !== undefined && { status }),
    ...(until !== undefined && { until }),
  };
  if (all && id === undefined) return { filter: { ...filter, ...inTenant }, dryRun };
  if (all) throw usage('Both an id and --all are given', 'Give one of the two.');
  if (id === undefined) throw usage('No run is named', 'Give the id of a run, or --all.');
  const [narrowing] = dryRun ? ['dry-run'] : Object.keys(filter);
  if (narrowing !== undefined) throw usage(`--${narrowing} is for many runs`, 'Give --all instead of an id.');
  return undefined;
}

/** With 5 as exit code where one of them was refused. */
function showMany({ paint, print }: Session, runs: readonly SteeredRun[], setExitCode: SetExitCode): void {
  print({ runs }, () => (runs.length === 0 ? 'no runs\n' : table(columns, runs, paint)));
  if (runs.some(({ error }) => error !== undefined)) setExitCode(exitCodes.refused);
}

const usage = (what: string, hint: string) =>
  new HoldfastError('InvalidArgument', what, { field: 'id', hint });
