import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { openSession } from '../options.ts';
import { printable } from '../text.ts';

export function addWhy(program: Command, cli: Cli): void {
  program
    .command('why')
    .argument('<id>', 'the id of a run')
    .summary('say what a run waits for')
    .description('Names the one thing that a run waits for.')
    .action(async (id: string, _given: object, command: Command) => {
      const { client, inTenant, print } = openSession(command, cli);
      const why = await client.why(id, inTenant);
      print(why, () => `${printable(why.message)}\n`);
    });
}
