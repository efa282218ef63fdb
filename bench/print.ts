import { type Column, type Paint, table } from '../lib/cli/text.ts';
import type { Counted, Goal } from './counted/counts.ts';
import type { Grown, GrowthResult } from './growth/measure.ts';
import type { Compared, Measured } from './measure.ts';
import type { Report } from './run.ts';

/** All figures beside what they are held against, for people. */
export function reportText(report: Report, paint: Paint): string {
  const { cores, cpu, load, node } = report.machine;
  const groups = report.groups.map(({ figures, skipped, title }) => {
    const left = skipped.map(({ name, reason }) => `${paint('yellow', `skipped: ${name}: ${reason}`)}\n`);
    return `\n${paint('bold', title)}\n${table(columns, figures, paint)}${left.join('')}`;
  });
  const about = `Medians of ${report.repetitions} rounds, ${report.size}. Node ${node}, ${cores} × ${cpu}, load ${load.join(' to ')}.`;
  const growth = report.growth.map(
    (grown) =>
      `\n${paint('bold', `Growth: ${grown.name}`)}\n${table(growthColumns(grown), grown.measures, paint)}`,
  );
  const counted =
    report.counted.length === 0
      ? ''
      : `\n${paint('bold', 'Counted, one of many')}\n${table(countedColumns, report.counted, paint)}`;
  const failed = report.failed.map(({ name, reason }) => `\n${paint('red', `failed: ${name}: ${reason}`)}\n`);
  return `${groups.join('')}${counted}${growth.join('')}${failed.join('')}\n${about}\n`;
}

const columns: readonly Column<Measured>[] = [
  { title: 'FIGURE', text: ({ name }) => name },
  { title: 'MEDIAN', text: ({ median, unit }) => quantity(median, unit), right: true },
  { title: 'MIN', text: ({ min, unit }) => quantity(min, unit), right: true },
  { title: 'MAX', text: ({ max, unit }) => quantity(max, unit), right: true },
  {
    title: 'TO BEAT',
    text: ({ isBeaten, toBeat, unit }) => target(toBeat, unit, isBeaten),
    style: ({ isBeaten }) => styleOf(isBeaten),
    right: true,
  },
  {
    title: 'AIM',
    text: ({ aim, isReached, unit }) => target(aim, unit, isReached),
    style: ({ isReached }) => styleOf(isReached),
    right: true,
  },
  {
    title: 'BESIDES',
    text: ({ against }) => against.map(multiple).join('; '),
    style: ({ against }) => styleOf(againstAll(against)),
  },
];

/** With its spread over the rounds. */
function multiple({ aim, figure, isReached, max, min, times }: Compared): string {
  const goal = aim === undefined ? '' : `, aim ${aim} ${isReached ? 'yes' : 'no'}`;
  return `${digits(times)} (${digits(min)}–${digits(max)}) × ${figure}${goal}`;
}

/** Whether all aims among them are reached. */
function againstAll(against: readonly Compared[]): boolean | undefined {
  const judged = against.flatMap(({ isReached }) => (isReached === undefined ? [] : [isReached]));
  return judged.length === 0 ? undefined : judged.every(Boolean);
}

const countedColumns: readonly Column<Counted>[] = [
  { title: 'WORK', text: ({ name }) => name },
  { title: 'WRITES', text: ({ usage }) => digits(usage.writes), right: true },
  { title: 'TABLE UNITS', text: ({ usage }) => digits(usage.tableUnits), right: true },
  { title: 'INDEX UNITS', text: ({ usage }) => digits(usage.indexUnits), right: true },
  { title: 'READ UNITS', text: ({ usage }) => digits(usage.readUnits), right: true },
  { title: 'SQS REQUESTS', text: ({ usage }) => digits(usage.sqsRequests), right: true },
  {
    title: '$ A MILLION',
    text: ({ dollarsPerMillion }) => dollarsPerMillion.toFixed(2),
    right: true,
  },
  {
    title: 'AIMS',
    text: ({ goals }) =>
      goals.map((goal) => `${goal.what} ≤ ${goal.most} ${isMet(goal) ? 'yes' : 'no'}`).join('; '),
    style: ({ goals }) => styleOf(goals.every(isMet)),
  },
];

/** Shares of batches are fractions: what binary cannot carry is no difference. */
const isMet = ({ most, value }: Goal): boolean => value <= most + 1e-9;

const growthColumns = ({ amounts, of }: GrowthResult): readonly Column<Grown>[] => [
  { title: of.toUpperCase(), text: ({ name }) => name },
  ...amounts.map((amount, at) => ({
    title: amount.toLocaleString('en-US'),
    text: ({ unit, values }: Grown) =>
      `${digits(values[at] ?? Number.NaN)} ${unit === 'requests' ? '' : unit}`.trim(),
    right: true,
  })),
  { title: 'MAY GROW', text: ({ grows }) => grows },
  {
    title: 'OVER THAT',
    text: ({ isFaster, overWork }) => `${digits(overWork)} × ${isFaster ? 'faster' : 'ok'}`,
    style: ({ isFaster }) => styleOf(!isFaster),
  },
];

function target(limit: number | undefined, unit: Measured['unit'], isMet: boolean | undefined): string {
  return limit === undefined ? '' : `${quantity(limit, unit)} ${isMet ? 'yes' : 'no '}`;
}

const styleOf = (isMet: boolean | undefined) => (isMet === undefined ? 'dim' : isMet ? 'green' : 'yellow');

function quantity(value: number, unit: Measured['unit']): string {
  return unit === 'ms' ? `${digits(value)} ms` : `${digits(value)}${unit}`;
}

/** To three digits that count. */
const digits = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
