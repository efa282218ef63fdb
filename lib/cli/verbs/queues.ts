import type { Command } from 'commander';
import type { QueueView } from '../../client/run-view.ts';
import type { Cli } from '../cli.ts';
import { openSession } from '../options.ts';
import { type Column, table } from '../text.ts';

const columns: readonly Column<QueueView>[] = [
  { title: 'POOL', text: ({ pool }) => pool },
  { title: 'TAGS', text: ({ tags }) => tags.join(', ') },
  { title: 'LANES', text: ({ lanes }) => lanes.join(', ') },
  { title: 'WAITING', text: ({ waiting }) => (waiting === undefined ? '' : `${waiting}`), right: true },
  { title: '', text: ({ error }) => (error ? `${error.code}: ${error.message}` : ''), style: () => 'red' },
];

export function addQueues(program: Command, cli: Cli): void {
  program
    .command('queues')
    .summary('show what waits for workers')
    .description('Shows roughly how many messages wait for the workers of each pool.')
    .action(async (_given: object, command: Command) => {
      const { client, paint, print } = openSession(command, cli);
      const queues = await client.queues();
      print({ queues }, () => table(columns, queues, paint));
    });
}
