/** How much work one sample is made of: `quick` answers in seconds, `full` is for figures to be quoted. */
export type Size = 'quick' | 'full';

/** Something that is measured, and what it is held against. */
export interface Figure {
  readonly name: string;
  readonly unit: 'ms' | '/s';
  readonly better: 'lower' | 'higher';
  /** What the best of what there is today reaches: to be beaten. */
  readonly toBeat?: number;
  /** What is aimed at. */
  readonly aim?: number;
  /** Name of a figure measured in the same rounds, of which this one is shown as a multiple. */
  readonly over?: string;
  /** Makes everything ready that is not to be measured. */
  prepare(size: Size): Promise<Sampler>;
}

/** Disposed after the last sample. */
export interface Sampler extends AsyncDisposable {
  /** Measures once, in the figure's unit. */
  sample(): Promise<number>;
}

/** For figures that leave nothing behind. */
export const sampler = (sample: () => Promise<number>, dispose = async () => {}): Sampler => ({
  sample,
  [Symbol.asyncDispose]: dispose,
});
