import type { Command } from 'commander';
import type { RetriedRun, RetryFilter } from '../../client/client.ts';
import { HoldfastError } from '../../model/errors.ts';
import type { Cli, SetExitCode } from '../cli.ts';
import { inputArgument, jsonArgument } from '../json-argument.ts';
import { doMany } from '../many.ts';
import { atLeastOne, openSession, type Session } from '../options.ts';
import { submissionReceipt } from '../show-run.ts';
import type { Column } from '../text.ts';

interface Given extends Omit<RetryFilter, 'tenant'> {
  readonly input?: string;
  readonly failed?: true;
  readonly dryRun?: boolean;
}

const columns: readonly Column<RetriedRun>[] = [
  { title: 'ID', text: ({ id }) => id },
  { title: 'TASK', text: ({ task }) => task },
  { title: 'RETRY', text: ({ error, retry }) => retry ?? (error ? `${error.code}: ${error.message}` : '') },
];

export function addRetry(program: Command, cli: Cli, setExitCode: SetExitCode): void {
  program
    .command('retry')
    .argument('[id]', 'the id of a failed run')
    .summary('try failed runs again')
    .description(
      'Goes on from where a run failed, as a new run: what had succeeded is not done again. With --failed, for all that failed: 5 if one of them could not be.',
    )
    .option(
      '--input <json>',
      'instead of what went into the failed step: JSON, @file or - for standard input',
    )
    .option('--failed', 'all that failed, instead of one by its id')
    .option('--name <name>', 'of them only runs of this task or workflow')
    .option('--since <time>', 'of them only those that failed then or later: ISO 8601')
    .option('--until <time>', 'of them only those that failed then or earlier: ISO 8601')
    .option('--limit <number>', 'how many at most, the latest first (default: all)', atLeastOne)
    .option('--dry-run', 'only show which of them it would be')
    .action(async (id: string | undefined, given: Given, command: Command) => {
      const session = openSession(command, cli);
      checkUsage(id, given);
      if (id === undefined) return await doMany(session, manyAsked(session, given), setExitCode);
      const input =
        given.input === undefined ? {} : { input: await jsonArgument(given.input, cli, inputArgument) };
      const run = await session.client.retry(id, { ...input, ...session.inTenant });
      session.print(run, () => submissionReceipt(run, 'retried'));
    });
}

const manyAsked = (
  { client, inTenant }: Session,
  { dryRun = false, failed: _failed, input: _input, limit, ...filter }: Given,
): Parameters<typeof doMany<RetriedRun>>[1] => ({
  ask: (part, isDry) => client.retryAll({ ...filter, ...part, ...inTenant }, { dryRun: isDry }),
  columns,
  dryRun,
  limit,
});

/** One run by its id, or many by what they have in common. */
function checkUsage(id: string | undefined, { failed, input, ...filter }: Given): void {
  if (failed && id !== undefined) throw usage('Both an id and --failed are given', 'Give one of the two.');
  if (failed && input !== undefined)
    throw usage('--input is for one run, not for many', 'Leave out one of the two.');
  const [narrowing] = Object.keys(filter);
  if (!failed && narrowing !== undefined) {
    const option = narrowing === 'dryRun' ? '--dry-run' : `--${narrowing}`;
    throw usage(`${option} is for many runs`, 'Give --failed instead of an id.');
  }
  if (!failed && id === undefined)
    throw usage('No run is named', 'Give the id of a failed run, or --failed.');
}

const usage = (what: string, hint: string) =>
  new HoldfastError('InvalidArgument', what, { field: 'id', hint });
