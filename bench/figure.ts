/** How much work one sample is made of: `quick` answers in seconds, `full` is for figures to be quoted. */
export type Size = 'quick' | 'full';

/** Another figure of the same rounds, of which one is shown as a multiple. */
export interface Against {
  readonly figure: string;
  /** The multiple that is aimed at: at most, or at least, as is better. */
  readonly aim?: number;
}

/** Something that is measured, and what it is held against. */
export interface Figure {
  readonly name: string;
  readonly unit: 'ms' | '/s';
  readonly better: 'lower' | 'higher';
  /** What the best of what there is today reaches: to be beaten. */
  readonly toBeat?: number;
  /** What is aimed at. */
  readonly aim?: number;
  readonly against?: readonly Against[];
  /** Makes everything ready that is not to be measured. @throws Unavailable where that cannot be had on this machine */
  prepare(size: Size): Promise<Sampler>;
}

/** Disposed after the last sample. */
export interface Sampler extends AsyncDisposable {
  /** Measures once, in the figure's unit. */
  sample(): Promise<number>;
}

/** What a figure needs is not here: it is left out, and the others are measured without it. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** For figures that leave nothing behind. */
export const sampler = (sample: () => Promise<number>, dispose = async () => {}): Sampler => ({
  sample,
  [Symbol.asyncDispose]: dispose,
});
