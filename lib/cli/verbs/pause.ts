import type { Command } from 'commander';
import type { Cli, SetExitCode } from '../cli.ts';
import { steers } from '../many.ts';
import { addRequestOptions } from '../options.ts';

export function addPause(program: Command, cli: Cli, setExitCode: SetExitCode): void {
  const verb = program
    .command('pause')
    .summary('pause a run, or many')
    .description(
      'Asks for a run to be paused: nothing of it is started until it is resumed. An attempt that is running may finish, unless --abort is given. With --all, for all that go on: 5 if one of them could not be.',
    );
  steers(addRequestOptions(verb), cli, setExitCode, {
    statuses: ['ready', 'waiting', 'running'],
    one: (client, id, request) => client.pause(id, request),
    many: (client, filter, request) => client.pauseAll(filter, request),
    said: ({ status }) => (status === 'paused' ? 'paused' : 'pausing'),
  });
}
