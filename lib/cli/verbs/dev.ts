import type { Command } from 'commander';
import { addLocalOptions, type LocalCommandOptions, runLocal } from '../../local/command.ts';
import type { Cli, SetExitCode } from '../cli.ts';

export function addDev(program: Command, cli: Cli, setExitCode: SetExitCode): void {
  addLocalOptions(program.command('dev'))
    .summary('run Holdfast on this machine')
    .description(
      'Holdfast on this machine: DynamoDB, SQS, the functions, the schedule and the API, until Ctrl-C.',
    )
    .action(async (given: LocalCommandOptions) => {
      setExitCode(await runLocal(given, (line) => cli.out(`${line}\n`)));
    });
}
