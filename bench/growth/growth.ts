import type { Size } from '../figure.ts';

/** One quantity that is looked at while the work grows. */
export interface Measure {
  readonly name: string;
  readonly unit: 'ms' | 'MB' | 'requests';
  /** Whether it may grow as the work does, or is to stay as it is. */
  readonly grows: 'with the work' | 'not';
}

/** Something of which there is more and more. */
export interface Growth {
  readonly name: string;
  /** What there is more and more of. */
  readonly of: string;
  readonly measures: readonly Measure[];
  readonly amounts: Readonly<Record<Size, readonly number[]>>;
  /** Makes ready what is common to all amounts, then measures each in turn, the smallest first. */
  prepare(): Promise<GrowthSampler>;
}

export interface GrowthSampler extends AsyncDisposable {
  /** One value for each measure, in their order. */
  measure(amount: number): Promise<readonly number[]>;
}
