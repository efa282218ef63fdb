import type { Command } from 'commander';
import { isWhole } from '../../client/finished.ts';
import type { Run } from '../../client/run-view.ts';
import type { Cli, SetExitCode } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { openSession } from '../options.ts';
import { runChange, runDetails, submissionReceipt } from '../show-run.ts';
import { addSubmissionOptions, type SubmissionGiven, submitGiven } from '../submission.ts';
import { painter } from '../text.ts';

export function addRun(program: Command, cli: Cli, setExitCode: SetExitCode): void {
  addSubmissionOptions(program.command('run'))
    .summary('submit a task or workflow and follow it to its end')
    .description(
      'Submits a task or workflow, shows how it gets on, and then its result: 0 if it succeeded, else 1. It goes on when this is interrupted.',
    )
    .action(async (name: string, given: SubmissionGiven, command: Command) => {
      const session = openSession(command, cli);
      const { client, inTenant, paint, print } = session;
      const submitted = await submitGiven(session, cli, name, given);
      const progress = progressOn(cli);
      progress.show(submissionReceipt(submitted));
      let last: Run = submitted;
      try {
        for await (const run of client.watch(submitted, inTenant)) {
          last = run;
          progress.show(runChange(run, painter(cli.color.err)));
        }
      } finally {
        progress.end();
      }
      // What is followed leaves large values out.
      if (!isWhole(last)) last = await client.get(last.id, inTenant);
      print(last, () => runDetails(last, paint));
      if (last.status !== 'succeeded') setExitCode(exitCodes.runFailed);
    });
}

/** On a terminal one line that changes, else a line for each change; the result alone goes to `out`. */
function progressOn({ color, err }: Cli) {
  let before = '';
  const clear = color.err ? '\r\u001b[K' : '';
  return {
    show: (line: string): void => {
      if (line === before) return;
      before = line;
      err(color.err ? `${clear}${line.trimEnd()}` : line);
    },
    end: (): void => {
      if (before !== '') err(clear);
    },
  };
}
