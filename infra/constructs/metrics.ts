import { Duration, Stack } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Architecture, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { isPriced, type Prices, pricesIn } from '../../lib/cost/prices.ts';
import { stateIndex } from '../../lib/dynamodb/table.ts';
import type { MetricName } from '../../lib/ports/metrics.ts';
import type { PoolProps } from '../props.ts';
import { metricsNamespace, type Parts, serviceName } from './parts.ts';

/** What the functions count: each costs $0.30 a month, by the hours in which it is published. */
export const countedMetric = (
  { scope }: Pick<Parts, 'scope'>,
  metricName: MetricName,
  options: MetricOptions = {},
): Metric =>
  new Metric({
    namespace: metricsNamespace,
    metricName,
    dimensionsMap: { service: serviceName(scope) },
    statistic: metricName === 'OldestReadySeconds' ? 'Maximum' : 'Sum',
    ...options,
  });

/** What is not published counts as none. */
const filled = (...ids: readonly string[]): string => ids.map((id) => `FILL(${id}, 0)`).join(' + ');

/** Attempts for each task that has finished: 1 where nothing is ever tried again. Reads four metrics. */
export function claimsPerTask(
  parts: Pick<Parts, 'scope'>,
  period: Duration = Duration.hours(1),
): MathExpression {
  return new MathExpression({
    expression: `(${filled('ok', 'bad', 'again', 'lost')}) / (${filled('ok', 'bad')})`,
    label: 'Claims per task',
    period,
    usingMetrics: {
      ok: countedMetric(parts, 'TasksSucceeded'),
      bad: countedMetric(parts, 'TasksFailed'),
      again: countedMetric(parts, 'TasksRetried'),
      lost: countedMetric(parts, 'LeasesLost'),
    },
  });
}

/** Leases that were lost, and those that were taken over from whoever was silent. Reads two metrics. */
export const leasesLost = (
  parts: Pick<Parts, 'scope'>,
  period: Duration = Duration.minutes(5),
): MathExpression =>
  new MathExpression({
    expression: filled('lost', 'taken'),
    label: 'Leases lost or taken over',
    period,
    usingMetrics: {
      lost: countedMetric(parts, 'LeasesLost'),
      taken: countedMetric(parts, 'Takeovers'),
    },
  });

/** An executor, as far as its price goes. */
export interface Executor {
  readonly function: IFunction;
  readonly props: PoolProps;
}

/**
 * Dollars a day at the list prices of the region, or of us-east-1 where they are not known, of what grows with the work: reads and writes of the table, and the executors' time. Where
 * tasks are short these are nine tenths of the bill; SQS, the API, logs, S3 and storage are not in it. Reads four metrics,
 * and one for each executor.
 */
export function dollarsPerDay(
  { runTable }: Pick<Parts, 'runTable'>,
  executors: readonly Executor[],
): MathExpression {
  const { region } = Stack.of(runTable.table);
  const prices = pricesIn(isPriced(region) ? region : undefined);
  const units = (metricName: string, index?: string): Metric =>
    new Metric({
      namespace: 'AWS/DynamoDB',
      metricName,
      dimensionsMap: {
        TableName: runTable.table.tableName,
        ...(index !== undefined && { GlobalSecondaryIndexName: index }),
      },
      statistic: 'Sum',
    });
  const durations = executors.map(({ function: each, props }, index) => ({
    id: `ms${index}`,
    metric: each.metricDuration({ statistic: 'Sum' }),
    dollars: ((props.memorySize ?? 256) / 1_024 / 1_000) * secondPrice(props, prices),
  }));
  const parts = [
    `(${filled('w', 'wi')}) * ${decimal(prices.writeUnit)}`,
    `(${filled('r', 'ri')}) * ${decimal(prices.readUnit)}`,
    ...durations.map(({ dollars, id }) => `${filled(id)} * ${decimal(dollars)}`),
  ];
  const usingMetrics: Record<string, IMetric> = {
    w: units('ConsumedWriteCapacityUnits'),
    wi: units('ConsumedWriteCapacityUnits', stateIndex.name),
    r: units('ConsumedReadCapacityUnits'),
    ri: units('ConsumedReadCapacityUnits', stateIndex.name),
    ...Object.fromEntries(durations.map(({ id, metric }) => [id, metric])),
  };
  return new MathExpression({
    expression: parts.join(' + '),
    label: 'Dollars a day',
    period: Duration.days(1),
    usingMetrics,
  });
}

const secondPrice = ({ architecture = Architecture.ARM_64 }: PoolProps, prices: Prices): number =>
  architecture.name === Architecture.ARM_64.name ? prices.gigabyteSecondArm : prices.gigabyteSecondX86;

/** CloudWatch's expressions know no exponents. */
const decimal = (value: number): string => value.toFixed(15).replace(/0+$/, '');
