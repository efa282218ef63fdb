import type { Command } from 'commander';
import type { WhoAndWhy } from '../../client/client.ts';
import type { Cli } from '../cli.ts';
import { openSession } from '../options.ts';
import { printable } from '../text.ts';

export function addResume(program: Command, cli: Cli): void {
  program
    .command('resume')
    .argument('<id>', 'the id of a run')
    .summary('resume a run')
    .description('Lets a paused run go on.')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who asks for it')
    .action(async (id: string, given: Pick<WhoAndWhy, 'reason' | 'by'>, command: Command) => {
      const { client, inTenant, print } = openSession(command, cli);
      const run = await client.resume(id, { ...given, ...inTenant });
      print(run, () => `resumed  ${printable(run.id)}\n`);
    });
}
