import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import pMap from 'p-map';
import type { Ms } from '../../model/time.ts';
import { simulate } from './simulate.ts';
import { addHits, countFaults, type Hits } from './tally.ts';

/** Seeds from `from` on. */
export interface SeedRange {
  readonly from: number;
  readonly count: number;
}

export interface Violation {
  readonly seed: number;
  readonly broken: readonly string[];
}

/** What came of many histories. */
export interface Campaign {
  readonly histories: number;
  readonly runs: number;
  readonly violations: readonly Violation[];
  readonly hits: Hits;
  /** Simulated, all histories together. */
  readonly simulatedMs: Ms;
}

const nothing: Campaign = { histories: 0, runs: 0, violations: [], hits: {}, simulatedMs: 0 };
/** Each thread reads and compiles everything anew: enough that this is little beside what it plays. */
const seedsAtATime = 1_250;

/** Plays one history for each seed, on this thread. */
export async function playSeeds({ from, count }: SeedRange): Promise<Campaign> {
  let sum = nothing;
  for (let seed = from; seed < from + count; seed++) {
    const { broken, durationMs, faults, runs } = await simulate(seed);
    sum = {
      histories: sum.histories + 1,
      runs: sum.runs + runs,
      violations: broken.length > 0 ? [...sum.violations, { seed, broken }] : sum.violations,
      hits: countFaults(faults, sum.hits),
      simulatedMs: sum.simulatedMs + durationMs,
    };
  }
  return sum;
}

/**
 * Plays one history for each seed, on as many threads as there are cores.
 *
 * @param onProgress is called with the sum so far
 */
export async function playCampaign(
  { from, count }: SeedRange,
  onProgress: (sum: Campaign) => void = () => {},
): Promise<Campaign> {
  const parts = Array.from({ length: Math.ceil(count / seedsAtATime) }, (_, index) => {
    const start = index * seedsAtATime;
    return { from: from + start, count: Math.min(seedsAtATime, count - start) };
  });
  let sum = nothing;
  await pMap(
    parts,
    async (part) => {
      const played = await onThread(part);
      sum = add(sum, played);
      onProgress(sum);
    },
    { concurrency: availableParallelism() },
  );
  return sum;
}

/** A thread of its own for each part: what a history leaves behind in memory goes with it. */
function onThread(part: SeedRange): Promise<Campaign> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL(`./thread${extension}`, import.meta.url), { workerData: part });
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`a simulating thread ended with ${code}`)));
  });
}

/** `.ts` from the sources, `.js` when built. */
const extension = import.meta.url.slice(-3);

function add(one: Campaign, other: Campaign): Campaign {
  return {
    histories: one.histories + other.histories,
    runs: one.runs + other.runs,
    violations: [...one.violations, ...other.violations].sort((a, b) => a.seed - b.seed),
    hits: addHits(one.hits, other.hits),
    simulatedMs: one.simulatedMs + other.simulatedMs,
  };
}
