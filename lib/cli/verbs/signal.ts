import type { Command } from 'commander';
import type { SignalOptions } from '../../client/client.ts';
import type { Cli } from '../cli.ts';
import { jsonArgument } from '../json-argument.ts';
import { openSession } from '../options.ts';
import { printable } from '../text.ts';

const payloadArgument = {
  field: 'payload',
  what: 'payload',
  hint: `Quote it for the shell: '{"ok": true}', or give @file or -.`,
};

export function addSignal(program: Command, cli: Cli): void {
  program
    .command('signal')
    .argument('<id>', 'the id of a run')
    .argument('<name>', 'the name of the signal')
    .argument('[payload]', 'what comes with it: JSON, @file or - for standard input')
    .summary('send a signal to a run')
    .description(
      'Gives a value to the step that waits for a signal of this name, or to the first one that will.',
    )
    .option('--id <id>', 'a signal of the same id counts once (default: a new one)')
    .action(
      async (
        id: string,
        name: string,
        given: string | undefined,
        options: Pick<SignalOptions, 'id'>,
        command: Command,
      ) => {
        const { client, inTenant, print } = openSession(command, cli);
        const payload = given === undefined ? undefined : await jsonArgument(given, cli, payloadArgument);
        const run = await client.signal(id, name, payload, { ...options, ...inTenant });
        print(run, () => `sent  ${printable(run.id)}  ${printable(run.status)}\n`);
      },
    );
}
