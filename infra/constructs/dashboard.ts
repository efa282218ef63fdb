import { Dashboard, GraphWidget, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { MetricName } from '../../lib/ports/metrics.ts';
import { claimsPerTask, countedMetric, dollarsPerDay, type Executor } from './metrics.ts';
import type { Parts } from './parts.ts';

interface RunDashboardProps {
  readonly parts: Parts;
  readonly executors: Readonly<Record<string, Executor>>;
}

/** What one looks at first: tasks, what waits, who works, what it costs. */
export function runDashboard(
  scope: Construct,
  id: string,
  { executors, parts }: RunDashboardProps,
): Dashboard {
  const counted = (...names: readonly MetricName[]) => names.map((name) => countedMetric(parts, name));
  const pools = Object.entries(parts.pools);
  const queues = pools.flatMap(([pool, { queues }]) =>
    queues.lanes.map(({ name, queue }) => ({ label: `${pool} ${name}`, queue })),
  );
  const functions = Object.entries(executors);
  const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 8, height: 6 });
  return new Dashboard(scope, id, {
    widgets: [
      [
        graph('Tasks', counted('TasksSucceeded', 'TasksFailed', 'TasksRetried')),
        graph('Leases', counted('LeasesLost', 'Takeovers')),
        graph('Longest wait of a run that could go on (s)', counted('OldestReadySeconds')),
      ],
      [
        graph(
          'Messages waiting',
          queues.map(({ label, queue }) => queue.metricApproximateNumberOfMessagesVisible({ label })),
        ),
        graph(
          'Age of the oldest message (s)',
          queues.map(({ label, queue }) => queue.metricApproximateAgeOfOldestMessage({ label })),
        ),
        graph(
          'Dead letters',
          pools.map(([label, { queues }]) =>
            queues.deadLetterQueue.metricApproximateNumberOfMessagesVisible({ label }),
          ),
        ),
      ],
      [
        graph(
          'Executors at work',
          functions.map(([label, executor]) =>
            executor.function.metric('ConcurrentExecutions', { label, statistic: 'Maximum' }),
          ),
        ),
        graph(
          'Executors throttled or failed',
          functions.flatMap(([pool, executor]) => [
            executor.function.metricThrottles({ label: `${pool} throttled` }),
            executor.function.metricErrors({ label: `${pool} failed` }),
          ]),
        ),
        graph('Cost', [claimsPerTask(parts), dollarsPerDay(parts, Object.values(executors))]),
      ],
    ],
  });
}
