import type { Command } from 'commander';
import type { Cli, SetExitCode } from '../cli.ts';
import { addManyOptions, type ManyGiven, manyAsked, showMany } from '../many.ts';
import { addRequestOptions, openSession, type RequestGiven, requestOf } from '../options.ts';
import { printable } from '../text.ts';

export function addCancel(program: Command, cli: Cli, setExitCode: SetExitCode): void {
  const verb = program
    .command('cancel')
    .argument('[id]', 'the id of a run')
    .summary('cancel a run, or many')
    .description(
      'Asks for a run to be cancelled. An attempt that is running may finish, unless --abort is given; it may be given later, too. With --all, for all that have not ended: 5 if one of them could not be.',
    );
  addManyOptions(addRequestOptions(verb), ['ready', 'waiting', 'running', 'paused']).action(
    async (id: string | undefined, given: RequestGiven & ManyGiven, command: Command) => {
      const session = openSession(command, cli);
      const { client, inTenant, print } = session;
      const many = manyAsked(id, given, session);
      const request = requestOf(given);
      if (many) {
        const { dryRun, filter } = many;
        return showMany(session, await client.cancelAll(filter, { ...request, dryRun }), setExitCode);
      }
      const run = await client.cancel(id ?? '', { ...request, ...inTenant });
      const what = run.status === 'cancelled' ? 'cancelled' : 'cancelling';
      print(run, () => `${what}  ${printable(run.id)}\n`);
    },
  );
}
