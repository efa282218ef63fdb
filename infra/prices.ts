import { baseRegion, isPriced, pricesAsOf, pricesIn } from '../lib/cost/prices.ts';
import { shardCount } from '../lib/ports/run-store.ts';

/** What of a stack costs while nothing runs. */
export interface IdleParts {
  /** Event source mappings, each of a queue. */
  readonly mappings: number;
  /** Queues of pools, whose depth each tick asks for. */
  readonly lanes: number;
  /** Metrics that alarms read, those of one alarm each by itself. */
  readonly alarmMetrics: number;
  readonly dashboards: number;
  /** Customer keys. */
  readonly keys: number;
  /** Schedules that tick once a minute. */
  readonly schedules: number;
}

const minutesAMonth = 30 * 24 * 60;
/** A mapping keeps five long polls of 20 seconds going. */
const pollsAMonth = 5 * 3 * minutesAMonth;
/** What a tick takes: well under 200 ms in 256 MiB, and about 400 bytes in Lambda's own three log lines. */
const tick = { seconds: 0.2, gigabytes: 0.25, logBytes: 400 } as const;
/** DynamoDB keeps a data key for five minutes. */
const keyRequestsAMonth = minutesAMonth / 5;

/**
 * Dollars a month while nothing runs, by what they are for. An idle tick of discovery reads sixteen empty shards of the
 * index, at half a read unit each, asks each queue for its depth, and publishes no metric.
 */
export function idlePrice(parts: IdleParts, region: string = baseRegion): Readonly<Record<string, number>> {
  const prices = pricesIn(region);
  const { alarmMetrics, dashboards, keys, lanes, mappings, schedules } = parts;
  const ticks = schedules * minutesAMonth;
  return {
    polling: mappings * pollsAMonth * prices.sqsRequest,
    alarms: alarmMetrics * prices.alarmMetricMonth,
    depth: ticks * lanes * prices.sqsRequest,
    reads: ticks * shardCount * 0.5 * prices.readUnit,
    compute: ticks * (prices.lambdaRequest + tick.seconds * tick.gigabytes * prices.gigabyteSecondArm),
    logs: ((ticks * tick.logBytes) / 1e9) * prices.logGigabyte,
    dashboards: dashboards * prices.dashboardMonth,
    keys: keys * (prices.keyMonth + keyRequestsAMonth * prices.keyRequest),
  };
}

export const total = (costs: Readonly<Record<string, number>>): number =>
  Object.values(costs).reduce((sum, each) => sum + each, 0);

/**
 * `$0.92 a month while nothing runs, …`, what costs nothing left out.
 *
 * @param region of the stack; where that is not known, or its prices are not, those of us-east-1 are told
 */
export function idlePriceText(parts: IdleParts, region: string): string {
  const priced = isPriced(region) ? region : baseRegion;
  const costs = idlePrice(parts, priced);
  const dollars = (amount: number) => `$${amount.toFixed(2)}`;
  const named = Object.entries(costs)
    .filter(([, cost]) => cost >= 0.005)
    .map(([name, cost]) => `${name} ${dollars(cost)}`);
  return `${dollars(total(costs))} a month while nothing runs (${priced}, ${pricesAsOf}, no free tier): ${named.join(', ')}`;
}
