import type { LimitKey, Slots } from '../model/limit.ts';
import type { EpochMs } from '../model/time.ts';
import type { LimitStore, Waiter } from '../ports/limit-store.ts';

export class MemoryLimitStore implements LimitStore {
  readonly #slots = new Map<string, Slots>();
  readonly #waiters = new Map<string, Waiter>();

  async read(limit: LimitKey): Promise<Slots | undefined> {
    return this.#slots.get(limitText(limit));
  }

  async write(limit: LimitKey, slots: Slots): Promise<boolean> {
    if ((this.#slots.get(limitText(limit))?.rev ?? 0) !== slots.rev - 1) return false;
    this.#slots.set(limitText(limit), slots);
    return true;
  }

  async renew(limit: LimitKey, holder: string, until: EpochMs): Promise<boolean> {
    const slots = this.#slots.get(limitText(limit));
    if (!slots || !Object.hasOwn(slots.holders, holder)) return false;
    const holders = { ...slots.holders, [holder]: until };
    this.#slots.set(limitText(limit), { ...slots, rev: slots.rev + 1, holders });
    return true;
  }

  async release(limit: LimitKey, holder: string): Promise<Slots | undefined> {
    const slots = this.#slots.get(limitText(limit));
    if (!slots) return undefined;
    const { [holder]: _, ...holders } = slots.holders;
    const left = { ...slots, rev: slots.rev + 1, holders };
    this.#slots.set(limitText(limit), left);
    return left;
  }

  async wait(limit: LimitKey, waiter: Waiter): Promise<void> {
    this.#waiters.set(waiterText(limit, waiter), waiter);
  }

  async waiting(limit: LimitKey, max: number): Promise<readonly Waiter[]> {
    const own = [...this.#waiters].filter(([text]) => text.startsWith(`${limitText(limit)}\n`));
    return own
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, max)
      .map(([, waiter]) => waiter);
  }

  async leave(limit: LimitKey, waiter: Waiter): Promise<boolean> {
    return this.#waiters.delete(waiterText(limit, waiter));
  }
}

const limitText = ({ key, name }: LimitKey) => `${name}#${key}`;
const waiterText = (limit: LimitKey, { node, run, since, tenant }: Waiter) =>
  `${limitText(limit)}\n${String(since).padStart(15, '0')}#${tenant}/${run}#${node}`;
