import type { Command } from 'commander';
import type { Cli, SetExitCode } from '../cli.ts';
import { steers } from '../many.ts';

export function addResume(program: Command, cli: Cli, setExitCode: SetExitCode): void {
  const verb = program
    .command('resume')
    .summary('resume a run, or many')
    .description('Lets a paused run go on. With --all, all that are paused: 5 if one of them could not be.')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who asks for it');
  steers(verb, cli, setExitCode, {
    statuses: ['paused'],
    one: (client, id, request) => client.resume(id, request),
    many: (client, filter, request) => client.resumeAll(filter, request),
    said: () => 'resumed',
  });
}
