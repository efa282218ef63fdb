import type { Command } from 'commander';
import type { Duration } from '../../model/duration.ts';
import type { Cli, SetExitCode } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { durationOption, openSession } from '../options.ts';
import { runDetails, submissionReceipt } from '../show-run.ts';
import { addSubmissionOptions, type SubmissionGiven, submitGiven } from '../submission.ts';

interface Given extends SubmissionGiven {
  readonly wait?: boolean;
  readonly waitTimeout?: Duration;
}

export function addSubmit(program: Command, cli: Cli, setExitCode: SetExitCode): void {
  addSubmissionOptions(program.command('submit'))
    .summary('submit a task or workflow')
    .description(
      'Submits a task or workflow and prints its run. With --wait it ends when the run has: 0 if it succeeded, else 1.',
    )
    .option('--wait', 'wait for its end')
    .option('--wait-timeout <duration>', 'wait no longer than this', durationOption('--wait-timeout'))
    .action(async (name: string, { wait, waitTimeout, ...given }: Given, command: Command) => {
      const session = openSession(command, cli);
      const { client, inTenant, paint, print } = session;
      const run = await submitGiven(session, cli, name, given);
      if (!wait && waitTimeout === undefined) return print(run, () => submissionReceipt(run));
      const timeout = waitTimeout === undefined ? {} : { timeout: waitTimeout };
      const finished = await client.wait(run, { ...timeout, ...inTenant });
      print(finished, () => runDetails(finished, paint));
      if (finished.status !== 'succeeded') setExitCode(exitCodes.runFailed);
    });
}
