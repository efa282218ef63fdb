import type { Compared, Measured } from '../measure.ts';
import { digits, logScale } from './scale.ts';
import { dot, line, moved, type Svg, text } from './svg.ts';

/** A row: one figure, as a multiple of another. */
export interface DotRow {
  readonly name: string;
  readonly isOwn: boolean;
  readonly value: Compared;
}

const rowHeight = 26;
const labelWidth = 330;
const plotWidth = 380;

/** The figures that are held against one, each as a row. */
export const rowsAgainst = (
  figures: readonly Measured[],
  base: string,
  isOwn: (name: string) => boolean,
): DotRow[] =>
  figures.flatMap(({ against, name }) =>
    against.flatMap((value) => (value.figure === base ? [{ name, isOwn: isOwn(name), value }] : [])),
  );

export const dotsHeight = (rows: readonly DotRow[]): number => rows.length * rowHeight + 64;

/** Medians as dots, the rounds' spread as lines, the aim dashed. */
export function dots(title: string, rows: readonly DotRow[]): Svg[] {
  const values = rows.flatMap(({ value }) => [value.min, value.max, value.aim ?? value.times]);
  const scale = logScale(values, plotWidth);
  const bottom = 34 + rows.length * rowHeight;
  const x = (value: number) => labelWidth + scale.at(value);
  return [
    text([0, 14], 'title', title),
    ...scale.ticks.flatMap((tick) => [
      line([x(tick), 26], [x(tick), bottom], 'axis'),
      text([x(tick), bottom + 16], 'faint', `${digits(tick)} ×`, 'middle'),
    ]),
    ...rows.map((row, at) => moved(0, 34 + at * rowHeight, rowOf(row, x))),
  ];
}

function rowOf({ isOwn, name, value }: DotRow, x: (value: number) => number): Svg[] {
  const { aim, max, min, times } = value;
  const kind = isOwn ? 'own' : 'other';
  const y = rowHeight / 2;
  return [
    text([0, y + 4], isOwn ? 'own' : 'label', shortened(name, value.figure)),
    ...(aim === undefined ? [] : [line([x(aim), 2], [x(aim), rowHeight - 2], 'aim')]),
    line([x(min), y], [x(max), y], kind),
    dot([x(times), y], kind),
    text(
      [labelWidth + plotWidth + 24, y + 4],
      'value',
      `${digits(times)} ×${aim === undefined ? '' : `, aim ${aim} ×`}`,
    ),
  ];
}

/** Without what the title of the panel says already. */
function shortened(name: string, base: string): string {
  const ending = base.includes(', ') ? base.slice(base.lastIndexOf(', ')) : undefined;
  return ending !== undefined && name.endsWith(ending) ? name.slice(0, -ending.length) : name;
}
