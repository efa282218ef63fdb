import type { Ms } from '../model/time.ts';
import { type Clock, sleep } from '../ports/clock.ts';
import { atMost } from './at-most.ts';

const pauseMsMax: Ms = 10_000;
/** How long what was received waits for room that was lent in the meantime. */
const surplusMsMax: Ms = 1_000;

export interface PollOptions<Item> {
  /** Items in work at a time at most. */
  readonly room: number;
  /** Waits for at least one item, or comes back with none after a while. The signal ends the wait. */
  readonly receive: (most: number, signal: AbortSignal) => Promise<readonly Item[]>;
  /** What is done with each item. Never rejects. */
  readonly work: (item: Item) => Promise<void>;
  /** What is done with an item that finds no room, after all. Never rejects. Needed where room is lent. */
  readonly giveBack?: (item: Item) => Promise<void>;
  /** One that gave nothing is asked again no sooner than so long after it was asked, one that failed so long after. */
  readonly intervalMs: Ms;
  /** Told of each failure to receive, how many there were in a row. To throw from here ends the polling. */
  readonly onFailure: (error: unknown, failures: number) => void;
  readonly clock: Clock;
}

/** Receives until it is stopped. */
export interface Polling {
  /**
   * Begins work that was not received, if there is room and nothing that was received waits for it; else answers false. The
   * room may be what an answer under way was asked for: what comes with it goes before all that is lent later, and is given
   * back if there is no room within a second.
   */
  lend(work: () => Promise<void>): boolean;
  /** Receives no more. What is in work goes on. */
  stop(): void;
  /** Resolves once nothing is received any more; rejects with what `onFailure` throws. */
  readonly stopped: Promise<void>;
  /** Resolves once it is stopped and nothing is in work. Never rejects. */
  idle(): Promise<void>;
}

/**
 * Receives only what can be begun at once, so that nothing lies here while others have time for it. A source that cannot
 * be reached is asked again after pauses that double, to ten seconds.
 */
export function startPolling<Item>(options: PollOptions<Item>): Polling {
  const stopping = new AbortController();
  const slots = new Slots(options.room);
  stopping.signal.addEventListener('abort', () => slots.wake(), { once: true });
  const stopped = poll(options, stopping.signal, slots);
  stopped.catch(() => {}); // whoever looks is told
  return {
    lend(work) {
      if (stopping.signal.aborted || !slots.isLent || slots.left <= 0) return false;
      slots.take(work());
      return true;
    },
    stop: () => stopping.abort(),
    stopped,
    async idle() {
      await stopped.catch(() => {});
      await slots.empty();
    },
  };
}

async function poll<Item>(options: PollOptions<Item>, signal: AbortSignal, slots: Slots): Promise<void> {
  const { clock, intervalMs, receive, onFailure } = options;
  let failures = 0;
  let isOwed = false;
  for (;;) {
    await slots.free();
    if (signal.aborted) return;
    const askedAt = clock.now();
    try {
      // Who was given back is received before anything else is begun.
      const items: readonly Item[] = await slots.lending(!isOwed, receive(slots.left, signal));
      failures = 0;
      isOwed = await begin(options, items, slots);
      const pauseMs = askedAt + intervalMs - clock.now();
      if (items.length === 0 && pauseMs > 0) await slots.lending(true, sleep(clock, pauseMs, signal));
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      onFailure(error, failures);
      const pauseMs = Math.min(intervalMs * 2 ** (failures - 1), Math.max(intervalMs, pauseMsMax));
      await slots.lending(true, sleep(clock, pauseMs, signal));
    }
  }
}

/** Resolves to whether any had to be given back. */
async function begin<Item>(
  { clock, giveBack, work }: PollOptions<Item>,
  items: readonly Item[],
  slots: Slots,
): Promise<boolean> {
  const surplus = items.slice(Math.max(0, slots.left));
  for (const item of items.slice(0, items.length - surplus.length)) slots.take(work(item));
  const until = clock.now() + surplusMsMax;
  let isGivenBack = false;
  for (const item of surplus) {
    await atMost(clock, slots.free(), until - clock.now());
    if (slots.left > 0) slots.take(work(item));
    else {
      isGivenBack = true;
      await giveBack?.(item);
    }
  }
  return isGivenBack;
}

/** What is in work, and whether there is room for more. */
class Slots {
  readonly #taken = new Set<Promise<void>>();
  readonly #limit: number;
  #wake: (() => void) | undefined;
  /** Whether others than the source may take what is free. */
  isLent = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get left(): number {
    return this.#limit - this.#taken.size;
  }

  /** Resolves when there is room, or on `wake`. One caller at a time. */
  async free(): Promise<void> {
    if (this.left > 0) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#wake?.();
  }

  /** What is free is lent until the promise settles. */
  async lending<T>(isLent: boolean, until: Promise<T>): Promise<T> {
    this.isLent = isLent;
    try {
      return await until;
    } finally {
      this.isLent = false;
    }
  }

  take(work: Promise<void>): void {
    const ended = work.finally(() => {
      this.#taken.delete(ended);
      this.wake();
    });
    this.#taken.add(ended);
  }

  async empty(): Promise<void> {
    await Promise.all(this.#taken);
  }
}
