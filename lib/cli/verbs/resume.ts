import type { Command } from 'commander';
import type { WhoAndWhy } from '../../client/client.ts';
import type { Cli, SetExitCode } from '../cli.ts';
import { addManyOptions, type ManyGiven, manyAsked, showMany } from '../many.ts';
import { openSession } from '../options.ts';
import { printable } from '../text.ts';

type Given = Pick<WhoAndWhy, 'reason' | 'by'> & ManyGiven;

export function addResume(program: Command, cli: Cli, setExitCode: SetExitCode): void {
  const verb = program
    .command('resume')
    .argument('[id]', 'the id of a run')
    .summary('resume a run, or many')
    .description('Lets a paused run go on. With --all, all that are paused: 5 if one of them could not be.')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who asks for it');
  addManyOptions(verb, ['paused']).action(async (id: string | undefined, given: Given, command: Command) => {
    const session = openSession(command, cli);
    const { client, inTenant, print } = session;
    const many = manyAsked(id, given, session);
    const request = {
      ...(given.reason !== undefined && { reason: given.reason }),
      ...(given.by !== undefined && { by: given.by }),
    };
    if (many) {
      const { dryRun, filter } = many;
      return showMany(session, await client.resumeAll(filter, { ...request, dryRun }), setExitCode);
    }
    const run = await client.resume(id ?? '', { ...request, ...inTenant });
    print(run, () => `resumed  ${printable(run.id)}\n`);
  });
}
