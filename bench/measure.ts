import { type Against, type Figure, type Sampler, type Size, Unavailable } from './figure.ts';

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
  readonly against: readonly Compared[];
}

/** One figure as a multiple of another: the median over the rounds, in each of which both were measured. */
export interface Compared {
  readonly figure: string;
  readonly times: number;
  readonly min: number;
  readonly max: number;
  readonly aim: number | undefined;
  readonly isReached: boolean | undefined;
}

/** A figure that could not be measured here, and why. */
export interface Skipped {
  readonly name: string;
  readonly reason: string;
}

export interface Measurement {
  readonly figures: readonly Measured[];
  readonly skipped: readonly Skipped[];
}

interface MeasureOptions {
  readonly size: Size;
  readonly repetitions: number;
  readonly onRound?: (round: number) => void;
}

interface Measuring {
  readonly figure: Figure;
  readonly sampler: Sampler;
  readonly samples: number[];
}

/**
 * Measures all figures in turn, round after round: what disturbs the machine for a while disturbs one sample of each, and
 * not all of one. The first round only warms up.
 */
export async function measure(
  figures: readonly Figure[],
  { onRound, repetitions, size }: MeasureOptions,
): Promise<Measurement> {
  await using stack = new AsyncDisposableStack();
  const skipped: Skipped[] = [];
  const measuring: Measuring[] = [];
  for (const figure of figures) {
    const sampler = await orSkipped(figure, skipped, () => figure.prepare(size));
    if (sampler) measuring.push({ figure, sampler: stack.use(sampler), samples: [] });
  }
  for (let round = 0; round <= repetitions; round++) {
    onRound?.(round);
    for (const { figure, sampler, samples } of measuring) {
      if (skipped.some(({ name }) => name === figure.name)) continue;
      const value = await orSkipped(figure, skipped, () => sampler.sample());
      if (round > 0 && value !== undefined) samples.push(value);
    }
  }
  const measured = measuring.filter(({ figure }) => skipped.every(({ name }) => name !== figure.name));
  const samplesOf = new Map(measured.map(({ figure, samples }) => [figure.name, samples]));
  return { figures: measured.map(({ figure }) => judged(figure, samplesOf)), skipped };
}

async function orSkipped<T>(
  { name }: Figure,
  skipped: Skipped[],
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    skipped.push({ name, reason: error.message });
    return undefined;
  }
}

function judged(figure: Figure, samplesOf: ReadonlyMap<string, readonly number[]>): Measured {
  const { against = [], aim, better, name, toBeat, unit } = figure;
  const samples = samplesOf.get(name) ?? [];
  const median = medianOf(samples);
  return {
    name,
    unit,
    median,
    min: Math.min(...samples),
    max: Math.max(...samples),
    samples,
    toBeat,
    aim,
    isBeaten: within(better, median, toBeat),
    isReached: within(better, median, aim),
    against: against.flatMap((other) => compared(better, samples, other, samplesOf.get(other.figure))),
  };
}

/** Round by round: what slowed the machine down slowed both. */
function compared(
  better: Figure['better'],
  samples: readonly number[],
  { aim, figure }: Against,
  base: readonly number[] | undefined,
): Compared[] {
  if (!base) return [];
  const ratios = samples.map((sample, round) => sample / (base[round] ?? Number.NaN));
  const times = medianOf(ratios);
  const isReached = within(better, times, aim);
  return [{ figure, times, min: Math.min(...ratios), max: Math.max(...ratios), aim, isReached }];
}

function within(better: Figure['better'], value: number, limit: number | undefined): boolean | undefined {
  if (limit === undefined) return undefined;
  return better === 'lower' ? value <= limit : value >= limit;
}

/** Of an even number the mean of the middle two. */
export function medianOf(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return (low + high) / 2;
}
