import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { addRequestOptions, openSession, type RequestGiven, requestOf } from '../options.ts';
import { printable } from '../text.ts';

export function addPause(program: Command, cli: Cli): void {
  const verb = program
    .command('pause')
    .argument('<id>', 'the id of a run')
    .summary('pause a run')
    .description(
      'Asks for a run to be paused: nothing of it is started until it is resumed. An attempt that is running may finish, unless --abort is given.',
    );
  addRequestOptions(verb).action(async (id: string, given: RequestGiven, command: Command) => {
    const { client, inTenant, print } = openSession(command, cli);
    const run = await client.pause(id, { ...requestOf(given), ...inTenant });
    const what = run.status === 'paused' ? 'paused' : 'pausing';
    print(run, () => `${what}  ${printable(run.id)}\n`);
  });
}
