import { Prng } from './prng.ts';

export const faultKinds = [
  'throttle',
  'response lost',
  'applied late',
  'crash before',
  'crash after',
  'freeze before',
  'freeze after',
  'message lost',
  'message duplicated',
  'message delayed',
  'stale',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** A fault that was dealt out, numbered within its history. */
export interface Fault {
  readonly number: number;
  readonly kind: FaultKind;
  readonly step: string;
  readonly actor: string;
}

/** How often each kind strikes where it can, as a probability per request. */
export type Weather = Readonly<Record<FaultKind, number>>;

/** Some requests are many, and would take most of the faults; others are fewer, and matter as much. */
const shares: Readonly<Record<string, number>> = {
  'runs.query': 1 / 12,
  'runs.apply(claim)': 1,
  'runs.apply(look)': 1,
  'runs.apply(renew)': 1,
  'runs.apply(commit)': 3,
  'runs.apply(takeOver)': 3,
  'runs.apply(retry)': 7,
  'runs.apply(exhaust)': 8,
  'runs.apply(pause)': 4,
  'runs.apply(resume)': 8,
  'runs.apply(park)': 5,
  'runs.apply(finaliseCancel)': 5,
  'runs.apply(attach)': 10,
  'runs.apply(failDependent)': 8,
  'runs.apply(leave)': 10,
  'runs.create(child)': 7,
  'runs.createAll': 6,
  'workers.put': 1 / 4,
  'workers.list': 6,
  'attempts.put': 4,
  'queue.extend': 1 / 2,
  'definitions.put': 2 / 3,
  'cache.get': 8,
  'payloads.get': 3,
  'payloads.put': 3,
};
const shareOf = (step: string): number => shares[step] ?? 2;
/** No share makes a request hopeless. */
const boostedMax = 0.3;

/** So few that each is struck in one way or another, whatever the weather: the probability of each kind. */
const rare: Readonly<Record<string, number>> = {
  'runs.apply(await)': 0.08,
  'runs.apply(cancelPaused)': 0.1,
  'runs.apply(deliver)': 0.14,
  'runs.apply(join)': 0.13,
  'runs.apply(notify)': 0.1,
  'runs.apply(raiseCancel)': 0.12,
  'runs.apply(release)': 0.1,
  'runs.apply(timeOut)': 0.1,
  'runs.apply(yield)': 0.12,
  'runs.create(retry)': 0.1,
  'runs.create(tombstone)': 0.13,
  'cache.put': 0.12,
  'definitions.get': 0.1,
  'history.list': 0.15,
  'history.put': 0.13,
  'payloads.copy': 0.14,
};

/**
 * Deals out faults. Each is numbered, so that a failing history can be run again with some of them left out.
 */
export class Faults {
  readonly dealt: Fault[] = [];
  readonly #prng: Prng;
  readonly #weather: Weather;
  readonly #keep: ReadonlySet<number> | undefined;
  readonly #odds = new Map<string, readonly number[]>();
  #count = 0;
  #isCalm = false;

  /** @param keep the numbers of the faults to deal out; all by default */
  constructor(seed: number, weather: Weather, keep?: ReadonlySet<number>) {
    this.#prng = new Prng(seed, 'faults');
    this.#weather = weather;
    this.#keep = keep;
  }

  /** No faults from now on. */
  calm(): void {
    this.#isCalm = true;
  }

  get isCalm(): boolean {
    return this.#isCalm;
  }

  /** The fault that strikes this request, if one does. */
  draw(actor: string, step: string, kinds: readonly FaultKind[]): FaultKind | undefined {
    if (this.#isCalm) return undefined;
    let left = this.#prng.fraction();
    const odds = this.#oddsOf(step, kinds);
    for (const [index, kind] of kinds.entries()) {
      left -= odds[index] ?? 0;
      if (left >= 0) continue;
      const number = this.#count++;
      if (this.#keep && !this.#keep.has(number)) return undefined;
      this.dealt.push({ number, kind, step, actor });
      return kind;
    }
    return undefined;
  }

  /** The probability of each kind; those of one step are always asked for together. */
  #oddsOf(step: string, kinds: readonly FaultKind[]): readonly number[] {
    const known = this.#odds.get(`${step} ${kinds[0]}`);
    if (known) return known;
    const share = shareOf(step);
    const odds = kinds.map((kind) => {
      const own = rare[step];
      if (own !== undefined) return own;
      const usual = this.#weather[kind];
      return Math.max(Math.min(usual, usual * share), Math.min(boostedMax, usual * share));
    });
    this.#odds.set(`${step} ${kinds[0]}`, odds);
    return odds;
  }
}

/** The weather of one history: some have little of one kind and much of another, some have none at all. */
export function weatherOf(prng: Prng): Weather {
  const upTo = (most: number, often: number) => (prng.chance(often) ? prng.fraction() * most : 0);
  return {
    throttle: upTo(0.3, 0.4),
    'response lost': upTo(0.1, 0.6),
    'applied late': upTo(0.08, 0.5),
    'crash before': upTo(0.04, 0.5),
    'crash after': upTo(0.04, 0.5),
    'freeze before': upTo(0.1, 0.6),
    'freeze after': upTo(0.1, 0.6),
    'message lost': prng.chance(0.05) ? 1 : upTo(0.4, 0.4),
    'message duplicated': upTo(0.4, 0.5),
    'message delayed': upTo(0.4, 0.5),
    stale: upTo(0.5, 0.5),
  };
}
