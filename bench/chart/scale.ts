/** Where a value stands on a logarithmic scale: rivals differ by powers of ten. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** @param length in pixels from the power of ten below the least to that above the largest value */
export function logScale(values: readonly number[], length: number): Scale {
  const logs = values.map((value) => Math.log10(value));
  const low = Math.floor(Math.min(...logs));
  const high = Math.max(low + 1, Math.ceil(Math.max(...logs)));
  const ticks = Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at));
  return { at: (value) => ((Math.log10(value) - low) / (high - low)) * length, ticks };
}

/** To three digits that count: 12,300, 4.56, 0.3. */
export function digits(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}
