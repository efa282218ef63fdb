import type { Dispatch, DispatchMessage } from '../../model/message.ts';
import type { EpochMs, Ms, Sec } from '../../model/time.ts';
import type { Queue, Receipt } from '../../ports/queue.ts';
import type { Faults } from './faults.ts';
import type { Prng } from './prng.ts';
import type { Timeline } from './timeline.ts';
import { readFaults, type Wire, writeFaults } from './wire.ts';

interface Stored {
  readonly message: DispatchMessage;
  visibleAt: EpochMs;
  /** Of the last receive: older ones are good for nothing. */
  handle: string;
}

export interface Received {
  readonly message: DispatchMessage;
  readonly receipt: Receipt;
}

const delayMsMax: Ms = 600_000;
const queueUrl = 'http://127.0.0.1/queue';

/** A queue without an order that may lose, repeat and delay what is put into it. */
export class SimulatedQueue {
  readonly #timeline: Timeline;
  readonly #faults: Faults;
  readonly #prng: Prng;
  readonly #messages = new Map<number, Stored>();
  #count = 0;
  #receives = 0;
  /** Called whenever a message becomes visible. */
  onVisible: () => void = () => {};

  constructor(timeline: Timeline, faults: Faults, prng: Prng) {
    this.#timeline = timeline;
    this.#faults = faults;
    this.#prng = prng;
  }

  put({ message, delayMs }: Dispatch): void {
    const fault = this.#faults.draw('queue', 'queue.send', [
      'message lost',
      'message duplicated',
      'message delayed',
    ]);
    if (fault === 'message lost') return;
    const extra = fault === 'message delayed' ? this.#prng.between(1_000, delayMsMax) : 0;
    this.#add(message, delayMs + extra);
    if (fault === 'message duplicated') this.#add(message, delayMs + this.#prng.between(0, delayMsMax));
  }

  /** Takes up to `most` visible messages in any order, and hides them. */
  receive(most: number, visibilityMs: Ms): Received[] {
    const visible = [...this.#messages.values()].filter(({ visibleAt }) => visibleAt <= this.#timeline.now);
    const taken: Received[] = [];
    while (taken.length < most && visible.length > 0) {
      const [stored] = visible.splice(this.#prng.between(0, visible.length - 1), 1);
      if (!stored) break;
      stored.handle = `receipt-${++this.#receives}`;
      this.#show(stored, visibilityMs);
      taken.push({ message: stored.message, receipt: { queueUrl, handle: stored.handle } });
    }
    return taken;
  }

  delete({ handle }: Receipt): void {
    for (const [id, stored] of this.#messages) if (stored.handle === handle) this.#messages.delete(id);
  }

  hide({ handle }: Receipt, visibilityMs: Ms): boolean {
    const stored = [...this.#messages.values()].find((each) => each.handle === handle);
    if (!stored || stored.visibleAt <= this.#timeline.now) return false;
    this.#show(stored, visibilityMs);
    return true;
  }

  waiting(): number {
    return [...this.#messages.values()].filter(({ visibleAt }) => visibleAt <= this.#timeline.now).length;
  }

  #add(message: DispatchMessage, delayMs: Ms): void {
    const stored = { message, visibleAt: 0, handle: '' };
    this.#messages.set(this.#count++, stored);
    this.#show(stored, delayMs);
  }

  #show(stored: Stored, delayMs: Ms): void {
    stored.visibleAt = this.#timeline.now + delayMs;
    this.#timeline.after(delayMs, () => this.onVisible());
  }
}

/** The queue as one process reaches it. */
export class QueueAdapter implements Queue {
  readonly #wire: Wire;
  readonly #queue: SimulatedQueue;
  readonly #isMute: boolean;

  /** @param isMute whether nothing arrives that this process sends, and it is told that it did */
  constructor(wire: Wire, queue: SimulatedQueue, isMute: boolean) {
    this.#wire = wire;
    this.#queue = queue;
    this.#isMute = isMute;
  }

  async send(dispatches: readonly Dispatch[]): Promise<readonly Dispatch[]> {
    if (dispatches.length === 0) return [];
    const perform = () => {
      if (!this.#isMute) for (const dispatch of dispatches) this.#queue.put(dispatch);
      return true;
    };
    try {
      await this.#wire.request('queue.send', writeFaults, () => ({ perform }), 'QueueUnreachable');
      return [];
    } catch {
      return dispatches;
    }
  }

  async extend(receipt: Receipt, visibility: Sec): Promise<boolean> {
    const perform = () => this.#queue.hide(receipt, visibility * 1_000);
    try {
      return await this.#wire.request('queue.extend', writeFaults, () => ({ perform }), 'QueueUnreachable');
    } catch {
      return false;
    }
  }

  depth(): Promise<number> {
    const perform = () => this.#queue.waiting();
    return this.#wire.request('queue.depth', readFaults, () => ({ perform }), 'QueueUnreachable');
  }
}
