import type { Command } from 'commander';
import type { ListedDefinition } from '../../client/run-view.ts';
import type { Cli } from '../cli.ts';
import { openSession } from '../options.ts';
import { type Column, table } from '../text.ts';

const columns: readonly Column<ListedDefinition>[] = [
  { title: 'NAME', text: ({ name }) => name },
  { title: 'KIND', text: ({ kind }) => kind },
  { title: 'VERSION', text: ({ version }) => (version === undefined ? '' : `${version}`), right: true },
  { title: 'HASH', text: ({ hash }) => hash },
];

export function addDefinitions(program: Command, cli: Cli): void {
  program
    .command('definitions')
    .summary('show what can be submitted')
    .description('Shows the registered tasks and workflows; `holdfast graph <name>` draws one.')
    .action(async (_given: object, command: Command) => {
      const { client, paint, print } = openSession(command, cli);
      const definitions = await client.definitions();
      print({ definitions }, () =>
        definitions.length === 0 ? 'no definitions\n' : table(columns, definitions, paint),
      );
    });
}
