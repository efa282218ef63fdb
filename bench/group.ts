import type { Figure } from './figure.ts';

/** Figures that are measured in turn, because they are to be compared. */
export interface Group {
  /** By which it is chosen. */
  readonly name: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Ends what they share. */
  close(): Promise<void>;
}
