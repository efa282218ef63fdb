import type { EpochMs, Ms } from '../../model/time.ts';

interface Entry {
  readonly at: EpochMs;
  readonly order: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/** What is to happen, and when: a heap whose first entry is always the next. The one clock that is right. */
export class Timeline {
  #now: EpochMs;
  #order = 0;
  readonly #heap: Entry[] = [];

  constructor(start: EpochMs) {
    this.#now = start;
  }

  get now(): EpochMs {
    return this.#now;
  }

  /** Entries of the same time fire in the order of their making; times are whole milliseconds. */
  after(delay: Ms, fire: () => void): { cancel(): void } {
    const entry = {
      at: this.#now + Math.max(0, Math.ceil(delay)),
      order: this.#order++,
      fire,
      cancelled: false,
    };
    this.#push(entry);
    return {
      cancel: () => {
        entry.cancelled = true;
      },
    };
  }

  /** Fires one entry after the other, letting the work each one starts come to rest, until `isOver`. */
  async run(isOver: () => boolean): Promise<void> {
    await rest();
    while (!isOver()) {
      const next = this.#pop();
      if (!next) return;
      if (next.cancelled) continue;
      this.#now = next.at;
      next.fire();
      await rest();
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, heap[parent])) break;
      heap[index] = heap[parent] as Entry;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const child = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
      if (!isBefore(heap[child], last)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: Entry | undefined, b: Entry | undefined): boolean {
  if (!a || !b) return false;
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/**
 * Until chains of promises on simulated adapters have nothing left to do: none of them waits for anything real. The
 * queue of ticks comes after all promises that are settled, those that settle meanwhile included, and a turn of the
 * event loop would take longer than most of what happens here.
 */
export const rest = () => new Promise<void>((resolve) => process.nextTick(resolve));
