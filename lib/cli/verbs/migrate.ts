import type { Command } from 'commander';
import type { HttpClient } from '../../client/http-client.ts';
import { Registry } from '../../define/registry.ts';
import type { DefinitionHash } from '../../model/ids.ts';
import { deliveryTaskName } from '../../result-delivery/task.ts';
import { storedCodeTaskName } from '../../stored-code/task.ts';
import type { Cli, SetExitCode } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { openSession } from '../options.ts';
import { type Column, table } from '../text.ts';

interface Given {
  readonly tasks: string;
  readonly tenant?: string;
}

/** Open runs of one definition, and whether a deployment of the tasks module would go on with them. */
interface Standing {
  readonly name: string;
  readonly hash: string;
  readonly runs: number;
  /** Why nobody would, as executors say it; absent where they go on. */
  readonly obstacle?: string;
  /** Some of them, the latest first. */
  readonly examples: readonly string[];
}

const open = ['ready', 'running', 'waiting', 'paused'] as const;
/** They come with every executor, whatever its tasks are. */
const builtIn: readonly string[] = [deliveryTaskName, storedCodeTaskName];
const examplesMax = 3;

const columns: readonly Column<Standing>[] = [
  { title: 'NAME', text: ({ name }) => name },
  { title: 'HASH', text: ({ hash }) => hash },
  { title: 'RUNS', text: ({ runs }) => `${runs}`, right: true },
  {
    title: 'THEN',
    text: ({ obstacle }) => obstacle ?? 'go on',
    style: ({ obstacle }) => (obstacle === undefined ? 'green' : 'red'),
  },
  { title: 'SUCH AS', text: ({ examples, obstacle }) => (obstacle === undefined ? '' : examples.join(' ')) },
];

export function addMigrate(program: Command, cli: Cli, setExitCode: SetExitCode): void {
  program
    .command('migrate')
    .summary('say which open runs a tasks module would leave behind')
    .description(
      'Compares the open runs with a tasks module before it is deployed. A run goes on with the shape it began with:\n' +
        'where the module has another one only, it waits, intact, until that shape is there again. Ends with 5 if any would.',
    )
    .requiredOption('--dry-run', 'change nothing: there is nothing else that it does')
    .requiredOption('--tasks <file>', 'the tasks module that is to be deployed')
    .action(async (_given: object, command: Command) => {
      const { client, inTenant, paint, print } = openSession(command, cli);
      const { tasks } = command.optsWithGlobals<Given>();
      const { loadTaskModule, taskModuleUrl } = await import('../../local/task-module.ts');
      const registry = Registry.fromModule(await loadTaskModule(taskModuleUrl(tasks)));
      const definitions = await standings(client, registry, inTenant);
      const behind = definitions.filter(({ obstacle }) => obstacle !== undefined);
      print({ definitions }, () => {
        if (definitions.length === 0) return 'no open runs\n';
        const hint =
          behind.length === 0
            ? ''
            : 'Export these shapes beside the new ones, workflows with a higher `version`, or let the runs end first.\n';
        return `${table(columns, definitions, paint)}${hint}`;
      });
      if (behind.length > 0) setExitCode(exitCodes.refused);
    });
}

/** Those that would be left behind come first. */
async function standings(
  client: HttpClient,
  registry: Registry,
  inTenant: { readonly tenant?: string },
): Promise<readonly Standing[]> {
  const found = new Map<string, Standing>();
  for (const status of open) {
    let cursor: string | undefined;
    do {
      const page = await client.list({
        ...inTenant,
        status,
        limit: 100,
        ...(cursor !== undefined && { cursor }),
      });
      for (const { hash, id, task: name } of page.runs) {
        const known = found.get(hash) ?? { ...standingOf(registry, name, hash), runs: 0, examples: [] };
        const examples = known.examples.length < examplesMax ? [...known.examples, id] : known.examples;
        found.set(hash, { ...known, runs: known.runs + 1, examples });
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
  const isKept = ({ obstacle }: Standing) => (obstacle === undefined ? 1 : 0);
  return [...found.values()].sort((a, b) => isKept(a) - isKept(b) || (a.name < b.name ? -1 : 1));
}

function standingOf(registry: Registry, name: string, hash: string) {
  const obstacle = builtIn.includes(name) ? undefined : registry.obstacle(hash as DefinitionHash, name)?.code;
  return { name, hash, ...(obstacle !== undefined && { obstacle }) };
}
