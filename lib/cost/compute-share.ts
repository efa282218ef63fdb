import type { Ms } from '../model/time.ts';
import { Tab, withTab } from './tab.ts';

/**
 * The time of a function that works on several messages at once, shared out: what passes while three are in work is a
 * third of it for each. What an invocation takes before its first message and after its last one is nobody's.
 */
export class ComputeShare {
  readonly #now: () => Ms;
  readonly #gigabytes: number;
  readonly #kind: 'armGigabyteSeconds' | 'x86GigabyteSeconds';
  readonly #atWork = new Set<Tab>();
  #since: Ms = 0;

  constructor(now: () => Ms, gigabytes: number, kind: 'armGigabyteSeconds' | 'x86GigabyteSeconds') {
    this.#now = now;
    this.#gigabytes = gigabytes;
    this.#kind = kind;
  }

  /** Does the work on a tab of its own, which gets its share of the time until it has ended. */
  async during<T>(brought: Parameters<Tab['add']>[0], work: () => Promise<T>): Promise<T> {
    const tab = new Tab(() => this.#share());
    tab.add(brought);
    this.#share();
    this.#atWork.add(tab);
    try {
      return await withTab(tab, work);
    } finally {
      this.#share();
      this.#atWork.delete(tab);
    }
  }

  /** Gives the time since it was last shared out to those at work. */
  #share(): void {
    const now = this.#now();
    const gigabyteSeconds = ((now - this.#since) / 1_000) * this.#gigabytes;
    this.#since = now;
    for (const tab of this.#atWork) tab.add({ [this.#kind]: gigabyteSeconds / this.#atWork.size });
  }
}
