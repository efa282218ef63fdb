import { type Simulation, type SimulationOptions, simulate } from './simulate.ts';

/** A history as small as it could be made, and still broken. */
export interface Shrunk {
  readonly simulation: Simulation;
  readonly runs: number;
  /** The numbers of the faults that were needed. */
  readonly keep: readonly number[];
}

const triesMax = 400;

/**
 * Makes a broken history smaller: fewer runs first, then ever smaller parts of its faults left out, as long as anything
 * is still broken. Whatever is left out changes what follows, so each candidate is played from its beginning.
 *
 * @throws Error when the history is not broken
 */
export async function shrink(seed: number, options: SimulationOptions = {}): Promise<Shrunk> {
  let tries = 0;
  const play = async (runs: number, keep?: readonly number[]): Promise<Simulation | undefined> => {
    if (tries++ >= triesMax) return undefined;
    const simulation = await simulate(seed, { ...options, runs, ...(keep && { keep: new Set(keep) }) });
    return simulation.broken.length > 0 ? simulation : undefined;
  };
  const whole = await simulate(seed, options);
  if (whole.broken.length === 0) throw new Error(`nothing is broken in history ${seed}`);
  let best = whole;
  for (let runs = 1; runs < whole.runs; runs++) {
    const fewer = await play(runs);
    if (!fewer) continue;
    best = fewer;
    break;
  }
  const { runs } = best;
  let keep = best.faults.map(({ number }) => number);
  for (let part = keep.length; part >= 1; part = Math.floor(part / 2)) {
    for (let start = 0; start < keep.length; ) {
      const without = [...keep.slice(0, start), ...keep.slice(start + part)];
      const smaller = await play(runs, without);
      if (smaller) {
        best = smaller;
        keep = smaller.faults.map(({ number }) => number);
      } else start += part;
    }
  }
  return { simulation: best, runs, keep };
}
