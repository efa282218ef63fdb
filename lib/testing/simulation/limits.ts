import { parseLimit } from '../../define/limit.ts';
import { Registry } from '../../define/registry.ts';
import type { LimitKey, Slots } from '../../model/limit.ts';
import type { Ms } from '../../model/time.ts';
import type { LimitStore, Waiter } from '../../ports/limit-store.ts';
import { MemoryLimitStore } from '../memory-limit-store.ts';
import { tasks } from './tasks.ts';
import type { Timeline } from './timeline.ts';
import { workflows } from './workflows.ts';

const limit = parseLimit({ name: 'shared', concurrency: 1, rate: { count: 2, per: '20s' } }, 'plain');

/** As the others, but that only one of the plain tasks runs at a time. The shapes are the same. */
export const limitedRegistry = Registry.fromModule({
  plain: { ...tasks.plain, limit },
  cached: { ...tasks.cached, limit },
  ...workflows,
});

/** The slots of a history, and what is seen to be wrong with them. */
export class WatchedLimits extends MemoryLimitStore implements LimitStore {
  readonly broken: string[] = [];
  /** How many have waited for a slot. */
  waits = 0;
  readonly #timeline: Timeline;
  readonly #skewMsMax: Ms;

  constructor(timeline: Timeline, skewMsMax: Ms) {
    super();
    this.#timeline = timeline;
    this.#skewMsMax = skewMsMax;
  }

  override async write(limit: LimitKey, slots: Slots): Promise<boolean> {
    const before = await this.read(limit);
    const isWritten = await super.write(limit, slots);
    if (isWritten && before) this.#check(before, slots);
    return isWritten;
  }

  override async wait(limit: LimitKey, waiter: Waiter): Promise<void> {
    this.waits += 1;
    await super.wait(limit, waiter);
  }

  /** Whoever takes a slot takes none that its holder still has, by the true time and as far as clocks may be off. */
  #check(before: Slots, after: Slots): void {
    const now = this.#timeline.now;
    for (const [holder, until] of Object.entries(before.holders)) {
      if (!Object.hasOwn(after.holders, holder) && until - this.#skewMsMax > now)
        this.broken.push(`the slot of ${holder} was taken ${until - now} ms before its end`);
    }
    const held = Object.keys(after.holders).length;
    if (held > 1) this.broken.push(`${held} hold the only slot`);
  }
}
