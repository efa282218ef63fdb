import type { Figure, Size } from './figure.ts';

/** What came of one figure. */
export interface Measured {
  readonly name: string;
  readonly unit: Figure['unit'];
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly samples: readonly number[];
  readonly toBeat: number | undefined;
  readonly aim: number | undefined;
  readonly isBeaten: boolean | undefined;
  readonly isReached: boolean | undefined;
  /** The median as a multiple of another figure's. */
  readonly over: { readonly name: string; readonly times: number } | undefined;
}

interface MeasureOptions {
  readonly size: Size;
  readonly repetitions: number;
  readonly onRound?: (round: number) => void;
}

/**
 * Measures all figures in turn, round after round: what disturbs the machine for a while disturbs one sample of each, and
 * not all of one. The first round only warms up.
 */
export async function measure(figures: readonly Figure[], options: MeasureOptions): Promise<Measured[]> {
  await using stack = new AsyncDisposableStack();
  const samplers = [];
  for (const figure of figures) {
    samplers.push({
      figure,
      samples: [] as number[],
      sampler: stack.use(await figure.prepare(options.size)),
    });
  }
  for (let round = 0; round <= options.repetitions; round++) {
    options.onRound?.(round);
    for (const { sampler, samples } of samplers) {
      const value = await sampler.sample();
      if (round > 0) samples.push(value);
    }
  }
  const medians = new Map(samplers.map(({ figure, samples }) => [figure.name, medianOf(samples)]));
  return samplers.map(({ figure, samples }) => judged(figure, samples, medians));
}

function judged(figure: Figure, samples: number[], medians: ReadonlyMap<string, number>): Measured {
  const { aim, better, name, over, toBeat, unit } = figure;
  const median = medianOf(samples);
  const base = over === undefined ? undefined : medians.get(over);
  const within = (limit: number | undefined) =>
    limit === undefined ? undefined : better === 'lower' ? median <= limit : median >= limit;
  return {
    name,
    unit,
    median,
    min: Math.min(...samples),
    max: Math.max(...samples),
    samples,
    toBeat,
    aim,
    isBeaten: within(toBeat),
    isReached: within(aim),
    over: over === undefined || base === undefined ? undefined : { name: over, times: median / base },
  };
}

/** Of an even number the mean of the middle two. */
export function medianOf(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return (low + high) / 2;
}
