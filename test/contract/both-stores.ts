import { expect } from 'vitest';
import type { Run } from '../../lib/model/run.ts';
import type { Transition } from '../../lib/model/transition.ts';
import type { Applied, RunStore } from '../../lib/ports/run-store.ts';
import { MemoryRunStore } from '../../lib/testing/memory-stores.ts';
import { sampleRun } from '../support/sample-run.ts';

/** The same calls on a store and on one in memory; their answers must not differ. */
export class BothStores {
  readonly run: Run;
  readonly #store: RunStore;
  readonly #model: RunStore = new MemoryRunStore();

  constructor(store: RunStore, overrides: Partial<Run>) {
    this.#store = store;
    this.run = sampleRun(overrides);
  }

  async create(): Promise<void> {
    const creation = { name: 'submit' as const, run: this.run };
    expect(await this.#store.create(creation)).toEqual(await this.#model.create(creation));
  }

  async apply(transition: Transition): Promise<Applied> {
    const expected = await this.#model.apply(transition);
    const actual = await this.#store.apply(transition);
    expect(actual, JSON.stringify(transition)).toEqual(expected);
    return actual;
  }

  /** For a write that nothing stands against: the run after it. */
  async mustApply(transition: Transition): Promise<Run> {
    const done = await this.apply(transition);
    if (!done.applied) throw new Error(`${transition.name} was refused`);
    return done.run;
  }
}
