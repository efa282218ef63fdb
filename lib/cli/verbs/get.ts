import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { openSession } from '../options.ts';
import { runDetails } from '../show-run.ts';

export function addGet(program: Command, cli: Cli): void {
  program
    .command('get')
    .argument('<id>', 'the id of a run')
    .summary('show a run')
    .description('Shows a run: its status, input, output or error, and the nodes of a workflow.')
    .action(async (id: string, _given: object, command: Command) => {
      const { client, inTenant, paint, print } = openSession(command, cli);
      const run = await client.get(id, inTenant);
      print(run, () => runDetails(run, paint));
    });
}
