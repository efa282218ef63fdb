import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  ComparisonOperator,
  MathExpression,
  type Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { defaultPool } from '../../lib/config/pools.ts';
import type { AlarmProps } from '../props.ts';
import { refused } from '../refuse.ts';
import { claimsPerTask, countedMetric, dollarsPerDay, type Executor, leasesLost } from './metrics.ts';
import type { Parts } from './parts.ts';
import { laneId } from './pool-queues.ts';

interface AlarmsProps {
  readonly parts: Parts;
  readonly chosen: AlarmProps;
  readonly deadLetter: IFunction;
  readonly discover: IFunction;
  /** By pool. */
  readonly executors: Readonly<Record<string, Executor>>;
}

const period = Duration.minutes(5);
/** CloudWatch lets an alarm read ten metrics. */
const alarmMetricsMax = 10;

/** One alarm before it is made. */
interface Rule {
  readonly id: string;
  readonly metric: Metric | MathExpression;
  readonly threshold: number;
  readonly periods?: number;
  /** What it means, in a sentence. */
  readonly says: string;
  /** Its section in infra/RUNBOOK.md. */
  readonly section: string;
  readonly comparison?: ComparisonOperator;
  readonly missing?: TreatMissingData;
}

/** What needs a person: the first three unless they are switched off, because each costs something in an idle stack. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];
  /** What is charged for: an alarm by each metric that it reads. */
  readonly metricCount: number;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const rules = [...usual(props), ...ofWork(props), ...ofPools(props), ...ofCost(props)];
    this.metricCount = rules.reduce((sum, { metric }) => sum + metricsOf(metric), 0);
    this.all = rules.map((rule) => this.#create(rule));
    const { alarmTopic } = props.parts.props;
    if (!alarmTopic) return;
    const action = new SnsAction(alarmTopic);
    for (const alarm of this.all) alarm.addAlarmAction(action);
  }

  #create(rule: Rule): Alarm {
    const { comparison, id, metric, missing, periods = 1, says, section, threshold } = rule;
    const found = metricsOf(metric);
    if (found > alarmMetricsMax)
      throw refused(
        `alarms.${section}`,
        `reads ${found} metrics, but an alarm reads at most ${alarmMetricsMax}`,
        'Leave it out, or spread the pools over a second Holdfast',
      );
    return metric.createAlarm(this, id, {
      evaluationPeriods: periods,
      treatMissingData: missing ?? TreatMissingData.NOT_BREACHING,
      threshold,
      ...(comparison && { comparisonOperator: comparison }),
      alarmDescription: `${says} See infra/RUNBOOK.md#${section.toLowerCase()}`,
    });
  }
}

const metricsOf = (metric: Metric | MathExpression): number =>
  metric instanceof MathExpression ? Object.keys(metric.usingMetrics).length : 1;

function usual({ chosen, deadLetter, discover, parts }: AlarmsProps): readonly Rule[] {
  const { deadLetters = true, discoveryFails = true, queueFallsBehind = true } = chosen;
  const all: Rule[] = [];
  if (deadLetters)
    all.push({
      id: 'DeadLetters',
      // The function sees every dead letter, also those that it lets go: a queue's depth would miss them.
      metric: deadLetter.metricInvocations({ period }),
      threshold: 1,
      says: 'A message was refused ten times. Its run is safe; the log says which one it is.',
      section: 'deadLetters',
    });
  if (discoveryFails)
    all.push({
      id: 'DiscoveryFails',
      metric: discover.metricErrors({ period }),
      threshold: 3,
      says: 'Discovery failed three times in five minutes: timers, retries and repair stand still.',
      section: 'discoveryFails',
    });
  if (queueFallsBehind)
    for (const [pool, { queues }] of Object.entries(parts.pools))
      for (const { name, queue } of queues.lanes)
        all.push({
          id: `QueueFallsBehind${pool === defaultPool ? '' : `-${pool}-`}${laneId(name)}`,
          metric: queue.metricApproximateAgeOfOldestMessage({ period }),
          periods: 3,
          threshold: Duration.minutes(15).toSeconds(),
          says: `Messages of the pool ${pool}, lane ${name}, wait for a quarter of an hour: more tasks come than the executor takes.`,
          section: 'queueFallsBehind',
        });
  return all;
}

function ofWork({ chosen, discover, parts }: AlarmsProps): readonly Rule[] {
  const { discoveryLate, leasesLost: lost, oldestRun } = chosen;
  const all: Rule[] = [];
  if (discoveryLate)
    all.push({
      id: 'DiscoveryLate',
      metric: discover.metricInvocations({ period }),
      threshold: 3,
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      // What is not called publishes nothing.
      missing: TreatMissingData.BREACHING,
      says: 'Discovery was called less than three times in five minutes: its schedule is off, or it takes too long.',
      section: 'discoveryLate',
    });
  if (oldestRun)
    all.push({
      id: 'OldestRun',
      metric: countedMetric(parts, 'OldestReadySeconds', { period }),
      periods: 3,
      threshold: oldestRun.toSeconds(),
      says: `A run that could be worked on has waited for more than ${oldestRun.toHumanString()}.`,
      section: 'oldestRun',
    });
  if (lost !== undefined)
    all.push({
      id: 'LeasesLost',
      metric: leasesLost(parts, period),
      threshold: lost,
      says: `${lost} leases were lost or taken over in five minutes: executors crash, freeze or cannot reach the table.`,
      section: 'leasesLost',
    });
  return all;
}

function ofPools({ chosen, executors, parts }: AlarmsProps): readonly Rule[] {
  const { deadLetterDepth, throttles } = chosen;
  const all: Rule[] = [];
  for (const [pool, { queues }] of Object.entries(parts.pools)) {
    if (deadLetterDepth !== undefined)
      all.push({
        id: `DeadLetterDepth-${pool}`,
        metric: queues.deadLetterQueue.metricApproximateNumberOfMessagesVisible({ period }),
        threshold: deadLetterDepth,
        says: `Messages that nobody could handle lie in the dead-letter queue of the pool ${pool}.`,
        section: 'deadLetterDepth',
      });
    const executor = executors[pool];
    if (throttles !== undefined && executor)
      all.push({
        id: `Throttles-${pool}`,
        metric: executor.function.metricThrottles({ period }),
        threshold: throttles,
        says: `Lambda throttled the executor of the pool ${pool}: ten times make a dead letter.`,
        section: 'throttles',
      });
  }
  return all;
}

function ofCost({ chosen, executors, parts }: AlarmsProps): readonly Rule[] {
  const { claimsPerTask: claims, costPerDay } = chosen;
  const comparison = ComparisonOperator.GREATER_THAN_THRESHOLD;
  const all: Rule[] = [];
  if (claims !== undefined)
    all.push({
      id: 'ClaimsPerTask',
      metric: claimsPerTask(parts),
      threshold: claims,
      comparison,
      says: `Tasks take more than ${claims} attempts each: work is paid for several times.`,
      section: 'claimsPerTask',
    });
  if (costPerDay !== undefined)
    all.push({
      id: 'CostPerDay',
      metric: dollarsPerDay(parts, Object.values(executors)),
      threshold: costPerDay,
      comparison,
      says: `Table and executors cost more than $${costPerDay} a day at list price.`,
      section: 'costPerDay',
    });
  return all;
}
