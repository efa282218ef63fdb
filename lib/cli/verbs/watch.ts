import type { Command } from 'commander';
import type { WaitOptions } from '../../client/client.ts';
import { follow } from '../../client/follow.ts';
import type { Run } from '../../client/run-view.ts';
import type { Cli, SetExitCode } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { durationOption, openSession } from '../options.ts';
import { runChange } from '../show-run.ts';

export function addWatch(program: Command, cli: Cli, setExitCode: SetExitCode): void {
  program
    .command('watch')
    .argument('<id>', 'the id of a run')
    .summary('follow a run until it ends')
    .description('Prints a line whenever the run changes, until it ends: 0 if it succeeded, else 1.')
    .option('--timeout <duration>', 'watch no longer than this', durationOption('--timeout'))
    .action(async (id: string, given: Pick<WaitOptions, 'timeout'>, command: Command) => {
      const { client, inTenant, paint, print } = openSession(command, cli);
      let before = '';
      let last: Run | undefined;
      for await (const run of follow((signal) => client.get(id, { ...inTenant, signal }), cli.clock, given)) {
        const line = runChange(run, paint);
        if (line !== before) print(run, () => line);
        before = line;
        last = run;
      }
      if (last?.status !== 'succeeded') setExitCode(exitCodes.runFailed);
    });
}
