import { type Command, Option } from 'commander';
import type { EventsOptions, WaitOptions } from '../../client/client.ts';
import type { Run } from '../../client/run-view.ts';
import { parseDuration } from '../../model/duration.ts';
import { HoldfastError } from '../../model/errors.ts';
import type { Cli, SetExitCode } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { durationOption, openSession, type Session } from '../options.ts';
import { runChange, runEventLine } from '../show-run.ts';
import { statusStyles } from '../text.ts';

type Given = Pick<WaitOptions, 'timeout'> & Pick<EventsOptions, 'name' | 'status'>;

export function addWatch(program: Command, cli: Cli, setExitCode: SetExitCode): void {
  program
    .command('watch')
    .argument('[id]', 'the id of a run')
    .summary('follow a run until it ends, or all of them')
    .description(
      'Prints a line whenever the run changes, until it ends: 0 if it succeeded, else 1. Without an id, a line for each run that changes, until Ctrl-C.',
    )
    .option('--timeout <duration>', 'watch no longer than this', durationOption('--timeout'))
    .option('--name <name>', 'of all, only runs of this task or workflow')
    .addOption(
      new Option('--status <status>', 'of all, only runs that come into this state').choices(
        Object.keys(statusStyles),
      ),
    )
    .action(async (id: string | undefined, given: Given, command: Command) => {
      const session = openSession(command, cli);
      if (id === undefined) return await watchAll(session, cli, given);
      refuseFilter(given);
      const last = await watchOne(session, id, given);
      if (last?.status !== 'succeeded') setExitCode(exitCodes.runFailed);
    });
}

async function watchOne(
  { client, inTenant, paint, print }: Session,
  id: string,
  { timeout }: Given,
): Promise<Run | undefined> {
  let before = '';
  let last: Run | undefined;
  const options = { ...inTenant, ...(timeout !== undefined && { timeout }) };
  for await (const run of client.watch(id, options)) {
    const line = runChange(run, paint);
    // People see what has changed for them; programs see each state.
    print(run, () => (line === before ? '' : line));
    before = line;
    last = run;
  }
  return last;
}

async function watchAll(
  { client, inTenant, paint, print }: Session,
  { clock }: Cli,
  { timeout, ...filter }: Given,
): Promise<void> {
  const over = new AbortController();
  const timer =
    timeout === undefined ? undefined : clock.after(parseDuration(timeout, '--timeout'), () => over.abort());
  try {
    for await (const { run } of client.events({ ...filter, ...inTenant, signal: over.signal }))
      print(run, () => runEventLine(run, paint));
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    timer?.cancel();
  }
}

/** One run by its id, or all by what they have in common. */
function refuseFilter({ name, status }: Given): void {
  if (name === undefined && status === undefined) return;
  const field = name === undefined ? '--status' : '--name';
  throw new HoldfastError('InvalidArgument', `${field} is for all runs, not for one`, {
    field,
    hint: 'Leave out the id, or the option.',
  });
}
