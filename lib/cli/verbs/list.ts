import { type Command, Option } from 'commander';
import type { ListOptions } from '../../client/client.ts';
import type { Run } from '../../client/run-view.ts';
import type { Cli } from '../cli.ts';
import { openSession, wholeNumber } from '../options.ts';
import { type Column, milliseconds, printable, statusStyles, table } from '../text.ts';

const columns: readonly Column<Run>[] = [
  { title: 'ID', text: (run) => run.id },
  { title: 'TASK', text: (run) => run.task },
  { title: 'STATUS', text: (run) => run.status, style: (run) => statusStyles[run.status] ?? 'bold' },
  {
    title: 'ATTEMPT',
    // Of a workflow each node has its own.
    text: (run) => (run.kind === 'task' ? `${run.attempt}/${run.maxAttempts}` : ''),
    right: true,
  },
  { title: 'CREATED', text: (run) => run.createdAt },
  {
    title: 'DURATION',
    text: (run) => ('durationMs' in run ? milliseconds(run.durationMs) : ''),
    right: true,
  },
];

export function addList(program: Command, cli: Cli): void {
  program
    .command('list')
    .summary('list runs')
    .description('Lists runs, a page at a time.')
    .addOption(new Option('--status <status>', 'only runs in this state').choices(Object.keys(statusStyles)))
    .option('--name <name>', 'only runs of this task or workflow')
    .option('--limit <number>', 'how many at most, 1 to 100', wholeNumber)
    .option('--cursor <cursor>', 'read on where the page before ended')
    .action(async (given: ListOptions, command: Command) => {
      const { client, inTenant, paint, print } = openSession(command, cli);
      const page = await client.list({ ...given, ...inTenant });
      print(page, () => {
        const rows = page.runs.length === 0 ? 'no runs\n' : table(columns, page.runs, paint);
        return page.cursor === undefined ? rows : `${rows}more: --cursor ${printable(page.cursor)}\n`;
      });
    });
}
