import type { Command } from 'commander';
import type { CancelOptions } from '../../client/client.ts';
import type { Cli } from '../cli.ts';
import { openSession } from '../options.ts';
import { printable } from '../text.ts';

interface Given {
  readonly reason?: string;
  readonly by?: string;
  readonly abort?: boolean;
}

export function addCancel(program: Command, cli: Cli): void {
  program
    .command('cancel')
    .argument('<id>', 'the id of a run')
    .summary('cancel a run')
    .description(
      'Asks for a run to be cancelled. An attempt that is running may finish, unless --abort is given.',
    )
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who asks for it')
    .option('--abort', 'fire the abort signal of a running attempt')
    .action(async (id: string, { abort, ...why }: Given, command: Command) => {
      const { client, inTenant, print } = openSession(command, cli);
      const options: CancelOptions = { ...why, ...(abort ? { mode: 'abort' } : {}), ...inTenant };
      const run = await client.cancel(id, options);
      const what = run.status === 'cancelled' ? 'cancelled' : 'cancelling';
      print(run, () => `${what}  ${printable(run.id)}\n`);
    });
}
