import type { Command } from 'commander';
import type { QueueView } from '../../client/run-view.ts';
import type { Cli } from '../cli.ts';
import { openSession } from '../options.ts';
import { type Column, table } from '../text.ts';

const shown = (count: number | undefined) => (count === undefined ? '' : `${count}`);

const columns: readonly Column<QueueView>[] = [
  { title: 'POOL', text: ({ pool }) => pool },
  { title: 'TAGS', text: ({ tags }) => tags.join(', ') },
  { title: 'LANES', text: ({ lanes }) => lanes.join(', ') },
  { title: 'WAITING', text: ({ waiting }) => shown(waiting), right: true },
  { title: 'IN FLIGHT', text: ({ inFlight }) => shown(inFlight), right: true },
  { title: 'DELAYED', text: ({ delayed }) => shown(delayed), right: true },
  {
    title: 'DEAD',
    text: ({ deadLetters }) => shown(deadLetters),
    right: true,
    style: ({ deadLetters = 0 }) => (deadLetters > 0 ? 'red' : []),
  },
  { title: '', text: ({ error }) => (error ? `${error.code}: ${error.message}` : ''), style: () => 'red' },
];

export function addQueues(program: Command, cli: Cli): void {
  program
    .command('queues')
    .summary('show what waits for workers')
    .description(
      'Shows roughly how many messages wait for the workers of each pool, are in flight, delayed, or dead letters.',
    )
    .action(async (_given: object, command: Command) => {
      const { client, paint, print } = openSession(command, cli);
      const queues = await client.queues();
      print({ queues }, () => table(columns, queues, paint));
    });
}
