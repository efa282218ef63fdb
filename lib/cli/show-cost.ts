import type { CostPart, RunCost } from '../client/cost-view.ts';
import type { Estimate, EstimateRow } from '../cost/estimate.ts';
import { type Column, type Paint, table } from './text.ts';

interface Line extends Omit<CostPart, 'node'> {
  readonly name: string;
}

const columns: readonly Column<Line>[] = [
  { title: 'PART', text: ({ name }) => name },
  { title: 'WRITES', text: ({ usage }) => short(usage.writes), right: true },
  { title: 'WRITE UNITS', text: ({ usage }) => short(usage.tableUnits + usage.indexUnits), right: true },
  { title: 'READS', text: ({ usage }) => short(usage.reads), right: true },
  { title: 'READ UNITS', text: ({ usage }) => short(usage.readUnits), right: true },
  { title: 'SQS', text: ({ usage }) => short(usage.sqsRequests), right: true },
  { title: 'S3', text: ({ usage }) => short(usage.s3Puts + usage.s3Gets), right: true },
  { title: 'LAMBDA', text: ({ usage }) => short(usage.lambdaRequests), right: true },
  {
    title: 'GB-SECONDS',
    text: ({ usage }) => short(usage.armGigabyteSeconds + usage.x86GigabyteSeconds),
    right: true,
  },
  { title: 'DOLLARS', text: ({ dollars }) => small(dollars), right: true },
];

/** By the parts of the run, and as a whole. */
export function costTable(
  { dollars, final, parts, pricesAsOf, region, usage }: RunCost,
  paint: Paint,
): string {
  const lines = parts.map(({ node, ...part }) => ({ ...part, name: node ?? '(submission)' }));
  const whole = { name: 'total', dollars, usage };
  const note = final ? '' : ' The run goes on: more will come.';
  return `${table(columns, [...lines, whole], paint)}\n${sourceOf(region, pricesAsOf)}${note}\n`;
}

const rowColumns: readonly Column<EstimateRow>[] = [
  { title: 'WHAT', text: ({ what }) => what },
  {
    title: 'AMOUNT',
    text: ({ amount, unit }) => (unit === '' ? '' : `${long(amount)} ${unit}`),
    right: true,
  },
  { title: 'DOLLARS', text: ({ dollars }) => money(dollars), right: true },
];

/** By the services, and what comes beside them. */
export function estimateTable(
  { beside, dollars, pricesAsOf, region, rows, runs }: Estimate,
  paint: Paint,
): string {
  const total = {
    what: `total of ${long(runs)} ${runs === 1 ? 'run' : 'runs'}`,
    unit: '',
    amount: 0,
    dollars,
  };
  const apart = beside.map((row) => ({ ...row, what: `+ ${row.what}` }));
  return `${table(rowColumns, [...rows, total, ...apart], paint)}\n${sourceOf(region, pricesAsOf)}\n`;
}

const sourceOf = (region: string, asOf: string) => `List prices of ${region}, ${asOf}, no free tier.`;

/** Of one run: a few, or a part of one. */
const short = (amount: number): string => (amount === 0 ? '' : String(Number(amount.toPrecision(3))));

const long = (amount: number): string => amount.toLocaleString('en-US', { maximumFractionDigits: 3 });

/** Millionths of a dollar. */
const small = (dollars: number): string => dollars.toFixed(9);

const money = (dollars: number): string =>
  dollars.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: dollars < 1 ? 4 : 2 });
