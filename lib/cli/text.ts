import { styleText } from 'node:util';
import type { RunStatus } from '../model/run.ts';

/** Characters that would steer the terminal, or turn the order of what is read. */
const steering = /[\p{Cc}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}]/gu;

/** Text that came from elsewhere, on one line and without power over the terminal. */
export function printable(text: string): string {
  return text.replace(steering, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function jsonText(value: unknown): string {
  return printable(JSON.stringify(value) ?? 'undefined');
}

export type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

export function painter(color: boolean): Paint {
  return (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
}

export const statusStyles = {
  ready: 'blue',
  waiting: 'blue',
  running: 'cyan',
  paused: 'yellow',
  succeeded: 'green',
  failed: 'red',
  cancelled: 'yellow',
  skipped: 'gray',
} as const satisfies Record<RunStatus, Style>;

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly style?: (row: Row) => Style;
  readonly right?: boolean;
}

/** Aligned columns under their titles, each line ended. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], paint: Paint): string {
  const cells = rows.map((row) => columns.map((column) => printable(column.text(row))));
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...cells.map((line) => line[at]?.length ?? 0)),
  );
  const pad = (text: string, at: number) => {
    const width = widths[at] ?? 0;
    if (columns[at]?.right) return text.padStart(width);
    return at === columns.length - 1 ? text : text.padEnd(width);
  };
  const head = columns.map(({ title }, at) => paint('bold', pad(title, at))).join('  ');
  const body = rows.map((row, index) =>
    columns
      .map((column, at) => {
        const text = pad(cells[index]?.[at] ?? '', at);
        return column.style ? paint(column.style(row), text) : text;
      })
      .join('  '),
  );
  return [head, ...body].map((line) => `${line}\n`).join('');
}

export function milliseconds(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What stands for a value that is not shown. */
export const bytesText = (bytes: number, isLost = false): string =>
  isLost ? `lost (${bytes} bytes)` : `${bytes} bytes`;
