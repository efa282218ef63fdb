import type { Run } from '../../lib/client/index.ts';

/** How one run ended. */
interface Ended {
  readonly at: number;
  /** From submission to end. */
  readonly ms: number;
  readonly isGood: boolean;
}

/** What ended within one stretch of time. */
export interface Bucket {
  readonly from: number;
  readonly good: number;
  readonly bad: number;
  /** Of those that succeeded, from submission to end; absent where there were none. */
  readonly p50?: number;
  readonly p95?: number;
}

/** So much is remembered: an overview of minutes, not a history. */
const endedMax = 20_000;

/** The runs that ended while the page was open, each once. */
export class EndedRuns {
  readonly #ended = new Map<string, Ended>();

  add(run: Run): void {
    if (!('endedAt' in run)) return;
    const at = Date.parse(run.endedAt);
    const isGood = run.status === 'succeeded';
    this.#ended.set(`${run.tenant}/${run.id}`, { at, ms: at - Date.parse(run.createdAt), isGood });
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > endedMax && oldest !== undefined) this.#ended.delete(oldest);
  }

  clear(): void {
    this.#ended.clear();
  }

  /** The last `count` stretches of `stepMs` up to now, the earliest first; the last one is not over. */
  buckets(now: number, stepMs: number, count: number): readonly Bucket[] {
    const last = Math.floor(now / stepMs);
    const found = Array.from({ length: count }, (): Ended[] => []);
    for (const ended of this.#ended.values()) {
      const index = count - 1 - (last - Math.floor(ended.at / stepMs));
      found[index]?.push(ended);
    }
    return found.map((each, index) => bucketOf((last - count + 1 + index) * stepMs, each));
  }
}

function bucketOf(from: number, ended: readonly Ended[]): Bucket {
  const times = ended
    .filter(({ isGood }) => isGood)
    .map(({ ms }) => ms)
    .sort((a, b) => a - b);
  const [p50, p95] = [quantile(times, 0.5), quantile(times, 0.95)];
  return {
    from,
    good: times.length,
    bad: ended.length - times.length,
    ...(p50 !== undefined && { p50 }),
    ...(p95 !== undefined && { p95 }),
  };
}

/** @param sorted ascending */
const quantile = (sorted: readonly number[], part: number): number | undefined =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
