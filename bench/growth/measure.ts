import type { Size } from '../figure.ts';
import type { Growth, Measure } from './growth.ts';

/** What came of one measure as the work grew. */
export interface Grown extends Measure {
  readonly values: readonly number[];
  /** How many times as much it is in the end, in multiples of what it may be: over 1 it has grown faster than it may. */
  readonly overWork: number;
  readonly isFaster: boolean;
}

export interface GrowthResult {
  readonly name: string;
  readonly of: string;
  readonly amounts: readonly number[];
  readonly measures: readonly Grown[];
}

/** Times are medians of few repetitions on machines that others use, too. */
const tolerated = { ms: 2, MB: 2, requests: 1.2 } as const;
/** Less than this is nothing: a garbage collector's rest, say. */
export const least = { ms: 1, MB: 1, requests: 1 } as const;

export async function measureGrowth(
  growth: Growth,
  size: Size,
  onAmount: (amount: number) => void,
): Promise<GrowthResult> {
  const amounts = growth.amounts[size];
  await using sampler = await growth.prepare();
  const rows: (readonly number[])[] = [];
  for (const amount of amounts) {
    onAmount(amount);
    rows.push(await sampler.measure(amount));
  }
  const { name, of } = growth;
  const measures = growth.measures.map((measure, at) =>
    judged(
      measure,
      amounts,
      rows.map((row) => row[at] ?? Number.NaN),
    ),
  );
  return { name, of, amounts, measures };
}

/** Whether it has grown faster than its work: a defect. What is to stay as it is must not grow with any work. */
function judged(measure: Measure, amounts: readonly number[], values: readonly number[]): Grown {
  const work = measure.grows === 'not' ? 1 : ratio(amounts);
  const overWork = ratio(values.map((value) => Math.max(value, least[measure.unit]))) / work;
  return { ...measure, values, overWork, isFaster: overWork > tolerated[measure.unit] };
}

/** Of the last to the first. */
const ratio = (values: readonly number[]): number =>
  (values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN);
