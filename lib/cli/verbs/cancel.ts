import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { addRequestOptions, openSession, type RequestGiven, requestOf } from '../options.ts';
import { printable } from '../text.ts';

export function addCancel(program: Command, cli: Cli): void {
  const verb = program
    .command('cancel')
    .argument('<id>', 'the id of a run')
    .summary('cancel a run')
    .description(
      'Asks for a run to be cancelled. An attempt that is running may finish, unless --abort is given; it may be given later, too.',
    );
  addRequestOptions(verb).action(async (id: string, given: RequestGiven, command: Command) => {
    const { client, inTenant, print } = openSession(command, cli);
    const run = await client.cancel(id, { ...requestOf(given), ...inTenant });
    const what = run.status === 'cancelled' ? 'cancelled' : 'cancelling';
    print(run, () => `${what}  ${printable(run.id)}\n`);
  });
}
