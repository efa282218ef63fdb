import { AsyncLocalStorage } from 'node:async_hooks';
import { nothing, plus, type Usage } from './usage.ts';

/** What is counted on behalf of one message, or one submission, and not yet written down. */
export class Tab {
  #sum: Usage = nothing;
  readonly #update: () => void;

  /** @param update called before the sum is told: adds what grows with time */
  constructor(update: () => void = () => {}) {
    this.#update = update;
  }

  get sum(): Usage {
    this.#update();
    return this.#sum;
  }

  add(usage: Partial<Usage>): void {
    this.#sum = plus(this.#sum, usage);
  }

  /** Written down: what is counted of it from now on beyond that is left, and what was too much is owed. */
  settle(usage: Partial<Usage>): void {
    this.#sum = plus(this.#sum, usage, -1);
  }
}

const tabs = new AsyncLocalStorage<Tab>();

/** Requests that are made while `work` goes on, wherever in it, go on a tab of its own. */
export function withTab<T>(tab: Tab, work: () => T): T {
  return tabs.run(tab, work);
}

/** Does the work on a tab of its own, on which what brought it stands already. */
export function onTab<T>(brought: Partial<Usage>, work: () => T): T {
  const tab = new Tab();
  tab.add(brought);
  return withTab(tab, work);
}

/** The tab that requests made here go on; none for what is done for nobody, or for many. */
export const currentTab = (): Tab | undefined => tabs.getStore();
