import type { Command } from 'commander';
import type { WorkerView } from '../../client/run-view.ts';
import type { Cli } from '../cli.ts';
import { openSession } from '../options.ts';
import { type Column, milliseconds, table } from '../text.ts';

const styles = { healthy: 'green', lost: 'red', stopped: 'gray' } as const;

const columns: readonly Column<WorkerView>[] = [
  { title: 'ID', text: (worker) => worker.id },
  { title: 'POOL', text: (worker) => worker.pool },
  { title: 'KIND', text: (worker) => worker.kind },
  { title: 'STATUS', text: (worker) => worker.status, style: (worker) => styles[worker.status] ?? 'bold' },
  { title: 'RUNNING', text: (worker) => String(worker.running), right: true },
  { title: 'SUCCEEDED', text: (worker) => String(worker.succeeded), right: true },
  { title: 'FAILED', text: (worker) => String(worker.failed), right: true },
  { title: 'AVERAGE', text: (worker) => milliseconds(worker.averageMs), right: true },
  { title: 'LAST SEEN', text: (worker) => worker.lastSeenAt },
];

export function addWorkers(program: Command, cli: Cli): void {
  program
    .command('workers')
    .summary('show who works')
    .description('Shows the workers: whether they are there, and what they have done.')
    .action(async (_given: object, command: Command) => {
      const { client, paint, print } = openSession(command, cli);
      const workers = await client.workers();
      print({ workers }, () => (workers.length === 0 ? 'no workers\n' : table(columns, workers, paint)));
    });
}
