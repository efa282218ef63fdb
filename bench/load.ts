import { medianOf } from './measure.ts';

/** One piece of work, to its end. */
export type Work = () => Promise<unknown>;

/** One at a time: the median of so many, in ms. */
export async function latencyOf(work: Work, count: number): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const before = performance.now();
    await work();
    times.push(performance.now() - before);
  }
  return medianOf(times);
}

/** So many, of which so many are under way at a time: how many came to their end in a second. */
export async function rateOf(work: Work, count: number, inFlight: number): Promise<number> {
  let begun = 0;
  const before = performance.now();
  const lane = async () => {
    while (begun < count) {
      begun += 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return count / ((performance.now() - before) / 1_000);
}
