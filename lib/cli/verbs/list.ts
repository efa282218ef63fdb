import { type Command, Option } from 'commander';
import type { ListOptions } from '../../client/client.ts';
import type { Run, RunPage } from '../../client/run-view.ts';
import type { Cli } from '../cli.ts';
import { openSession, type Session, wholeNumber } from '../options.ts';
import { type Column, milliseconds, type Paint, printable, statusStyles, table } from '../text.ts';

interface Given extends ListOptions {
  readonly all?: true;
}

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
    .option('--since <time>', 'only those that ended, or are looked at next, then or later: ISO 8601')
    .option('--until <time>', 'only those that ended, or are looked at next, then or earlier: ISO 8601')
    .addOption(
      new Option('--sort <order>', 'by that time, latest (default) or earliest first').choices([
        'latest',
        'earliest',
      ]),
    )
    .option('--limit <number>', 'how many at most, 1 to 100', wholeNumber)
    .option('--cursor <cursor>', 'read on where the page before ended')
    .option('--all', 'page after page, to the end')
    .action(async ({ all, ...given }: Given, command: Command) => {
      const session = openSession(command, cli);
      const query = { ...given, ...session.inTenant };
      if (all) return await showAll(session, query);
      const page = await session.client.list(query);
      session.print(page, () => pageText(page, session.paint));
    });
}

/** Holds one page at a time. */
async function showAll({ client, paint, printEach }: Session, query: ListOptions): Promise<void> {
  let { cursor } = query;
  let shown = 0;
  do {
    const page = await client.list({ limit: 100, ...query, ...(cursor !== undefined && { cursor }) });
    cursor = page.cursor;
    shown += page.runs.length;
    if (page.runs.length > 0) printEach(page.runs, () => table(columns, page.runs, paint));
  } while (cursor !== undefined);
  if (shown === 0) printEach([], () => 'no runs\n');
}

function pageText({ cursor, runs }: RunPage, paint: Paint): string {
  const rows = runs.length === 0 ? 'no runs\n' : table(columns, runs, paint);
  return cursor === undefined ? rows : `${rows}more: --cursor ${printable(cursor)}\n`;
}
