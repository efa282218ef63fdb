import type { Command } from 'commander';
import type { Cli, SetExitCode } from '../cli.ts';
import { addManyOptions, type ManyGiven, manyAsked, showMany } from '../many.ts';
import { addRequestOptions, openSession, type RequestGiven, requestOf } from '../options.ts';
import { printable } from '../text.ts';

export function addPause(program: Command, cli: Cli, setExitCode: SetExitCode): void {
  const verb = program
    .command('pause')
    .argument('[id]', 'the id of a run')
    .summary('pause a run, or many')
    .description(
      'Asks for a run to be paused: nothing of it is started until it is resumed. An attempt that is running may finish, unless --abort is given. With --all, for all that go on: 5 if one of them could not be.',
    );
  addManyOptions(addRequestOptions(verb), ['ready', 'waiting', 'running']).action(
    async (id: string | undefined, given: RequestGiven & ManyGiven, command: Command) => {
      const session = openSession(command, cli);
      const { client, inTenant, print } = session;
      const many = manyAsked(id, given, session);
      const request = requestOf(given);
      if (many) {
        const { dryRun, filter } = many;
        return showMany(session, await client.pauseAll(filter, { ...request, dryRun }), setExitCode);
      }
      const run = await client.pause(id ?? '', { ...request, ...inTenant });
      const what = run.status === 'paused' ? 'paused' : 'pausing';
      print(run, () => `${what}  ${printable(run.id)}\n`);
    },
  );
}
