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

/** Some requests are many, and would take most of the faults; others are few, and matter as much. */
const shares: Readonly<Record<string, number>> = {
  'runs.query': 1 / 12,
  'workers.put': 1 / 6,
  'workers.list': 4,
  'runs.apply(claim)': 1,
  'runs.apply(look)': 1,
  'runs.apply(retry)': 7,
  'runs.apply(renew)': 1,
  'queue.extend': 1 / 2,
  'runs.apply(yield)': 20,
  'runs.apply(finaliseCancel)': 4,
  'runs.apply(exhaust)': 3,
  'runs.apply(commit)': 3,
  'runs.apply(join)': 20,
  'history.put': 8,
  'history.list': 40,
  'runs.apply(takeOver)': 5,
  'definitions.put': 1 / 2,
  'definitions.get': 20,
  'cache.get': 4,
  'cache.put': 15,
  'payloads.get': 5,
  'payloads.put': 5,
};
const shareOf = (step: string): number => shares[step] ?? 2;
/** No share makes a request hopeless. */
const boostedMax = 0.3;

/**
 * Deals out faults. Each is numbered, so that a failing history can be run again with some of them left out.
 */
export class Faults {
  readonly dealt: Fault[] = [];
  readonly #prng: Prng;
  readonly #weather: Weather;
  readonly #keep: ReadonlySet<number> | undefined;
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
    const share = shareOf(step);
    for (const kind of kinds) {
      const usual = this.#weather[kind];
      left -= Math.max(Math.min(usual, usual * share), Math.min(boostedMax, usual * share));
      if (left >= 0) continue;
      const number = this.#count++;
      if (this.#keep && !this.#keep.has(number)) return undefined;
      this.dealt.push({ number, kind, step, actor });
      return kind;
    }
    return undefined;
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
    'message lost': prng.chance(0.1) ? 1 : upTo(0.4, 0.4),
    'message duplicated': upTo(0.4, 0.5),
    'message delayed': upTo(0.4, 0.5),
    stale: upTo(0.5, 0.5),
  };
}
