import type { Command } from 'commander';
import type { NamedBatchEntry, Submitted } from '../../client/client.ts';
import { HoldfastError } from '../../model/errors.ts';
import type { Cli } from '../cli.ts';
import { jsonFile } from '../json-argument.ts';
import { openSession } from '../options.ts';
import { type Column, statusStyles, table } from '../text.ts';

interface Row {
  readonly ref: string;
  readonly run: Submitted;
}

const columns: readonly Column<Row>[] = [
  { title: 'REF', text: ({ ref }) => ref },
  { title: 'ID', text: ({ run }) => run.id },
  { title: 'TASK', text: ({ run }) => run.task },
  {
    title: 'STATUS',
    text: ({ run }) => run.status,
    style: ({ run }) => statusStyles[run.status] ?? 'bold',
  },
];

const entriesArgument = {
  field: 'file',
  what: 'batch',
  hint: 'It is a list of entries: [{"ref": "a", "task": "echo", "input": 1}, {"ref": "b", …, "dependsOn": ["a"]}].',
};

export function addBatch(program: Command, cli: Cli): void {
  program
    .command('batch')
    .argument('<file>', 'a JSON file with the entries, or - for standard input')
    .summary('submit many that may depend on each other')
    .description(
      'Submits up to 100 tasks and workflows, all or none: a list of entries as POST /batches takes it.',
    )
    .option('--idempotency-key <key>', 'gives each entry a key: this one, a dot, and its ref')
    .action(async (file: string, given: { readonly idempotencyKey?: string }, command: Command) => {
      const { client, inTenant, paint, print } = openSession(command, cli);
      const entries = entriesOf(await jsonFile(file, cli, entriesArgument), given.idempotencyKey);
      const runs = await client.submitAllByName(entries, inTenant);
      const rows = runs.map((run, index) => ({ ref: entries[index]?.ref ?? '', run }));
      print({ runs }, () => table(columns, rows, paint));
    });
}

/** What is wrong with an entry the API says: it knows what there is. */
function entriesOf(given: unknown, key: string | undefined): readonly NamedBatchEntry[] {
  const { field, hint } = entriesArgument;
  if (!Array.isArray(given) || !given.every((each) => typeof each === 'object' && each !== null))
    throw new HoldfastError('InvalidArgument', 'The batch is not a list of entries', { field, hint });
  const entries: readonly NamedBatchEntry[] = given;
  if (key === undefined) return entries;
  return entries.map((entry) => ({ idempotencyKey: `${key}.${entry.ref}`, ...entry }));
}
