import { type Grown, type GrowthResult, least } from '../growth/measure.ts';
import { digits, logScale } from './scale.ts';
import { dot, line, path, type Svg, text } from './svg.ts';

export const linesWidth = 420;
export const linesHeight = 230;
const plot = { left: 56, top: 40, width: 330, height: 130 };

/** One measure as the work grows, both on logarithmic scales; dashed: how it may grow from where it began. */
export function lines(growth: GrowthResult, measure: Grown): Svg[] {
  const { amounts, name, of } = growth;
  const values = measure.values.map((value) => Math.max(value, least[measure.unit]));
  const [first = 1] = values;
  const [amount = 1] = amounts;
  const allowed = amounts.map((each) => (measure.grows === 'not' ? first : (first * each) / amount));
  const across = logScale(amounts, plot.width);
  const up = logScale([...values, ...allowed], plot.height);
  const bottom = plot.top + plot.height;
  const x = (value: number) => plot.left + across.at(value);
  const y = (value: number) => bottom - up.at(value);
  const points = values.map((value, at) => [x(amounts[at] ?? amount), y(value)] as const);
  return [
    text([0, 14], 'label', name),
    text([0, 30], 'faint', `${measure.name}, ${measure.unit}`),
    ...up.ticks.flatMap((tick) => [
      line([plot.left, y(tick)], [plot.left + plot.width, y(tick)], 'axis'),
      text([plot.left - 8, y(tick) + 4], 'faint', digits(tick), 'end'),
    ]),
    ...amounts.map((each) => text([x(each), bottom + 18], 'faint', digits(each), 'middle')),
    text([plot.left + plot.width / 2, bottom + 36], 'faint', of, 'middle'),
    path(
      allowed.map((value, at) => [x(amounts[at] ?? amount), y(value)] as const),
      'aim',
    ),
    path(points, 'own'),
    ...points.map((point) => dot(point, 'own')),
  ];
}
