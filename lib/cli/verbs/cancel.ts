import type { Command } from 'commander';
import type { Cli, SetExitCode } from '../cli.ts';
import { steers } from '../many.ts';
import { addRequestOptions } from '../options.ts';

export function addCancel(program: Command, cli: Cli, setExitCode: SetExitCode): void {
  const verb = program
    .command('cancel')
    .summary('cancel a run, or many')
    .description(
      'Asks for a run to be cancelled. An attempt that is running may finish, unless --abort is given; it may be given later, too. With --all, for all that have not ended: 5 if one of them could not be.',
    );
  steers(addRequestOptions(verb), cli, setExitCode, {
    statuses: ['ready', 'waiting', 'running', 'paused'],
    one: (client, id, request) => client.cancel(id, request),
    many: (client, filter, request) => client.cancelAll(filter, request),
    said: ({ status }) => (status === 'cancelled' ? 'cancelled' : 'cancelling'),
  });
}
