import { AsyncLocalStorage } from 'node:async_hooks';
import { nothing, plus, type Usage } from './usage.ts';

/** What is counted on behalf of one message, or one submission, and not yet written down. */
export class Tab {
  #sum: Usage = nothing;

  get sum(): Usage {
    return this.#sum;
  }

  add(usage: Partial<Usage>): void {
    this.#sum = plus(this.#sum, usage);
  }

  /** Written down: what is counted of it from now on beyond that is left, and what was too much is owed. */
  settle(usage: Usage): void {
    this.#sum = plus(this.#sum, usage, -1);
  }
}

const tabs = new AsyncLocalStorage<Tab>();

/** Requests that are made while `work` goes on, wherever in it, go on a tab of its own. */
export function withTab<T>(tab: Tab, work: () => T): T {
  return tabs.run(tab, work);
}

/** The tab that requests made here go on; none for what is done for nobody, or for many. */
export const currentTab = (): Tab | undefined => tabs.getStore();
