import { HoldfastError } from '../model/errors.ts';
import type { Ms } from '../model/time.ts';
import { dollarsOf, totalOf } from './dollars.ts';
import { invokedBy } from './messages.ts';
import { baseRegion, type Prices, pricesAsOf, pricesIn } from './prices.ts';
import { type Rehearsed, rehearse } from './rehearsal.ts';
import { gigabyteSecondsOf, nothing, plus, type Usage } from './usage.ts';

export interface EstimateOptions {
  /** How many runs, 1 to 10^15. Default a million. */
  readonly runs?: number;
  /** Of a run, under one lease, 1 to 500. Default 1: a single task. */
  readonly steps?: number;
  /** Of the executor in MB, 128 to 10,240. Default 256. */
  readonly memory?: number;
  /** What a handler takes in milliseconds, to 15 minutes. Default 1. */
  readonly duration?: Ms;
  /** Messages that come together, 1 to 10. Default 10. */
  readonly batch?: number;
  /** Bytes of the input and each output as JSON, 2 to 10,000,000. Default 10. */
  readonly payload?: number;
  /** Of the executor. Default `arm64`. */
  readonly arch?: 'arm64' | 'x86_64';
  /** Whose list prices are taken. Default `us-east-1`. */
  readonly region?: string;
}

/** One line of the estimate. */
export interface EstimateRow {
  readonly what: string;
  /** For all runs. */
  readonly amount: number;
  readonly unit: string;
  readonly dollars: number;
}

export interface Estimate {
  readonly region: string;
  readonly pricesAsOf: string;
  readonly runs: number;
  /** Of each run, submitted by `client.submit`. */
  readonly usage: Usage;
  readonly rows: readonly EstimateRow[];
  /** The sum of the rows. */
  readonly dollars: number;
  /** What depends on how the stack is used, and is not in the sum. */
  readonly beside: readonly EstimateRow[];
}

/** What an executor waits for each request, about. */
const requestMs: Ms = 5;
const objectMs: Ms = 50;
/** What the API takes to submit one run, with the memory that it has by default. */
const api = { ms: 15, gigabytes: 0.25 } as const;
/** Lambda's own three lines of an invocation. */
const platformLogBytes = 400;
const gigabyte = 1e9;

/**
 * What runs will cost, with everything going well: one is played through the real client and executor in memory, and its
 * requests are multiplied. An executor works on its whole batch at once.
 *
 * @throws HoldfastError `InvalidArgument`, `UnknownRegion`
 */
export async function estimate(options: EstimateOptions = {}): Promise<Estimate> {
  const { batch, payload, region, runs, steps, ...executor } = checked(options);
  const prices = pricesIn(region);
  const rehearsed = await rehearse(steps, payload);
  const usage = plus(rehearsed.usage, executionOf(rehearsed.usage, { ...executor, batch, steps }));
  const rows = rowsOf(usage, runs, prices);
  return {
    region,
    pricesAsOf,
    runs,
    usage,
    rows,
    dollars: rows.reduce((sum, { dollars }) => sum + dollars, 0),
    beside: besideOf(rehearsed, { batch, runs }, prices),
  };
}

const ranges = {
  runs: [1, 1e15],
  steps: [1, 500],
  memory: [128, 10_240],
  duration: [0, 900_000],
  batch: [1, 10],
  payload: [2, 10_000_000],
} as const;

type Checked = Required<EstimateOptions>;

function checked(options: EstimateOptions): Checked {
  const given = {
    runs: 1e6,
    steps: 1,
    memory: 256,
    duration: 1,
    batch: 10,
    payload: 10,
    arch: 'arm64' as const,
    region: baseRegion,
    ...options,
  };
  for (const [field, [min, max]] of Object.entries(ranges)) {
    const value = given[field as keyof typeof ranges];
    const isWhole = field === 'duration' || Number.isInteger(value);
    if (isWhole && value >= min && value <= max) continue;
    const kind = field === 'duration' ? 'a number' : 'a whole number';
    throw new HoldfastError('InvalidArgument', `${field} must be ${kind} from ${min} to ${max}`, { field });
  }
  return given;
}

/** Each run's share of bringing its message, and of the function's time. */
function executionOf(
  { reads, s3Gets, s3Puts, writes }: Usage,
  { arch, batch, duration, memory, steps }: Omit<Checked, 'runs' | 'region' | 'payload'>,
): Partial<Usage> {
  // The first write is the submission's.
  const waitsMs = (writes - 1 + reads) * requestMs + (s3Puts + s3Gets) * objectMs;
  const gigabyteSeconds = ((waitsMs + steps * duration) / 1_000) * (memory / 1_024);
  return {
    ...invokedBy(batch),
    [gigabyteSecondsOf(arch)]: gigabyteSeconds / batch,
  };
}

function rowsOf(usage: Usage, runs: number, prices: Prices): EstimateRow[] {
  const rows: readonly [what: string, unit: string, kinds: readonly (keyof Usage)[]][] = [
    ['DynamoDB writes', 'write units', ['tableUnits', 'indexUnits']],
    ['DynamoDB reads', 'read units', ['readUnits']],
    ['SQS', 'requests', ['sqsRequests']],
    ['S3 writes', 'requests', ['s3Puts']],
    ['S3 reads', 'requests', ['s3Gets']],
    ['Lambda requests', 'requests', ['lambdaRequests']],
    ['Lambda time', 'GB-seconds', ['armGigabyteSeconds', 'x86GigabyteSeconds']],
  ];
  return rows.flatMap(([what, unit, kinds]) => {
    const own = plus(nothing, Object.fromEntries(kinds.map((kind) => [kind, usage[kind] * runs])));
    const amount = totalOf(own);
    return amount === 0 ? [] : [{ what, unit, amount, dollars: totalOf(dollarsOf(own, prices)) }];
  });
}

function besideOf(
  { itemBytes, logBytes, objectBytes }: Rehearsed,
  { batch, runs }: { batch: number; runs: number },
  prices: Prices,
): EstimateRow[] {
  const apiSeconds = (runs * api.ms * api.gigabytes) / 1_000;
  const row = (what: string, unit: string, amount: number, dollars: number) => ({
    what,
    unit,
    amount,
    dollars,
  });
  const stored = (bytes: number) => (runs * bytes) / gigabyte;
  const items = stored(itemBytes);
  const objects = stored(objectBytes);
  const logs = stored(logBytes + platformLogBytes / batch);
  const apiDollars = runs * prices.lambdaRequest + apiSeconds * prices.gigabyteSecondArm;
  return [
    row('API front, if submitted over HTTP', 'requests', runs, apiDollars),
    row('storage for 30 days, table', 'GB', items, items * prices.tableGigabyteMonth),
    ...(objects > 0 ? [row('storage for 30 days, S3', 'GB', objects, objects * prices.s3GigabyteMonth)] : []),
    row('logs of executors, at level info', 'GB', logs, logs * prices.logGigabyte),
  ];
}
