import type { EpochMs, Ms } from '../model/time.ts';
import type { Clock, Timer } from '../ports/clock.ts';

interface Pending {
  readonly at: EpochMs;
  readonly order: number;
  readonly fire: () => void;
}

/** A clock that stands still until it is advanced. Timers fire in the order of their time, then of their making. */
export class VirtualClock implements Clock {
  #now: EpochMs;
  #order = 0;
  readonly #pending = new Set<Pending>();
  readonly #settle: () => Promise<void>;

  /** @param settle waits until the work that a timer started has come to rest; by default a turn of the event loop */
  constructor(start: EpochMs = 1_700_000_000_000, settle: () => Promise<void> = aTurn) {
    this.#now = start;
    this.#settle = settle;
  }

  now(): EpochMs {
    return this.#now;
  }

  after(delay: Ms, fire: () => void): Timer {
    const pending = { at: this.#now + Math.max(0, delay), order: this.#order++, fire };
    this.#pending.add(pending);
    return { cancel: () => this.#pending.delete(pending) };
  }

  /** Fires every timer due within `ms`, letting the work each one starts settle before the next. */
  async advance(ms: Ms): Promise<void> {
    const until = this.#now + ms;
    await this.#settle();
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
      await this.#settle();
    }
    this.#now = until;
  }

  /** Jumps without firing anything: a process that was frozen. */
  freeze(ms: Ms): void {
    this.#now += ms;
  }

  #next(until: EpochMs): Pending | undefined {
    let best: Pending | undefined;
    for (const pending of this.#pending) {
      if (pending.at > until) continue;
      if (!best || pending.at < best.at || (pending.at === best.at && pending.order < best.order))
        best = pending;
    }
    return best;
  }
}

/** Long enough for chains of promises on in-memory adapters to come to rest. */
function aTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
