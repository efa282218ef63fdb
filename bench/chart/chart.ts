import type { Measured } from '../measure.ts';
import type { Report } from '../run.ts';
import { type DotRow, dots, dotsHeight, rowsAgainst } from './dots.ts';
import { lines, linesHeight, linesWidth } from './lines.ts';
import { document, moved, type Svg, text } from './svg.ts';

const width = 900;
const margin = 20;
const gap = 24;

/** The report as one SVG: what is held against something else as dots, what grows as lines. */
export function chartOf(report: Report): Svg {
  const panels = [...report.groups.flatMap(panelsOf), ...growthPanel(report)];
  let y = margin;
  const placed = panels.map(({ height, inner }) => {
    const at = y;
    y += height + gap;
    return moved(margin, at, inner);
  });
  const { cores, cpu, load, node } = report.machine;
  const about = `${report.startedAt.slice(0, 10)}, medians of ${report.repetitions} rounds. Node ${node}, ${cores} × ${cpu}, load ${load.join(' to ')}.`;
  return document(width, y + margin, 'Holdfast beside what else there is', [
    ...placed,
    text([margin, y], 'faint', about),
  ]);
}

interface Panel {
  readonly height: number;
  readonly inner: readonly Svg[];
}

/** One panel for each figure that several others, rivals among them, are held against. */
function panelsOf({ figures, title }: Report['groups'][number]): Panel[] {
  const bases = new Set(figures.flatMap(({ against }) => against.map(({ figure }) => figure)));
  return [...bases].flatMap((base) => {
    const rows = rowsAgainst(figures, base, (name) => isOwn(figures, name)).toSorted(bestFirst(figures));
    return rows.length === 0
      ? []
      : [
          {
            height: dotsHeight(rows),
            inner: dots(`${title}: ${goodness(figures, rows)} in multiples of ${base}`, rows),
          },
        ];
  });
}

function goodness(figures: readonly Measured[], rows: readonly DotRow[]): string {
  const isRate = figures.some(({ name, unit }) => name === rows[0]?.name && unit === '/s');
  return isRate ? 'rate (more is better)' : 'time (less is better)';
}

/** Rivals have no aims. */
const isOwn = (figures: readonly Measured[], name: string): boolean => {
  const figure = figures.find((each) => each.name === name);
  return figure?.aim !== undefined || (figure?.against.some(({ aim }) => aim !== undefined) ?? false);
};

const bestFirst =
  (figures: readonly Measured[]) =>
  (a: DotRow, b: DotRow): number => {
    const better = figures.find(({ name }) => name === a.name)?.unit === '/s' ? -1 : 1;
    return better * (a.value.times - b.value.times);
  };

function growthPanel({ growth }: Report): Panel[] {
  const plots = growth.flatMap((each) => each.measures.map((measure) => lines(each, measure)));
  if (plots.length === 0) return [];
  const rows = Math.ceil(plots.length / 2);
  const placed = plots.map((inner, at) =>
    moved((at % 2) * (linesWidth + margin), 32 + Math.floor(at / 2) * linesHeight, inner),
  );
  const title = text([0, 14], 'title', 'As the work grows; dashed: as it may, from where it began');
  return [{ height: rows * linesHeight + 32, inner: [title, ...placed] }];
}
