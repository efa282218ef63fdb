import type { Applied } from '../../lib/ports/run-store.ts';
import { isReadable, type RunStore } from '../../lib/ports/run-store.ts';

/**
 * Notices when a run has ended: the moment at which the write that ends it is confirmed, and its result durable. A client
 * that asks again and again would find out later, and be in the way of what is measured.
 */
export class Endings {
  readonly #ended = new Map<string, string>();
  readonly #waiting = new Map<string, (phase: string) => void>();

  /** The same store, watched. */
  watch(runs: RunStore): RunStore {
    return {
      create: (creation) => runs.create(creation),
      createAll: (creations) => runs.createAll(creations),
      apply: async (transition) => this.#note(await runs.apply(transition)),
      applyUnread: (transition) => runs.applyUnread(transition),
      get: (key) => runs.get(key),
      getMany: (keys) => runs.getMany(keys),
      query: (query) => runs.query(query),
    };
  }

  /** Once for each run. @throws Error where it ends without success */
  async of(run: string): Promise<void> {
    const phase = this.#ended.get(run) ?? (await this.#next(run));
    this.#ended.delete(run);
    if (phase !== 'succeeded') throw new Error(`run ${run} has ${phase}`);
  }

  #next(run: string): Promise<string> {
    return new Promise((resolve) => this.#waiting.set(run, resolve));
  }

  #note(applied: Applied): Applied {
    const { run } = applied;
    if (applied.applied && isReadable(run) && run.phase !== 'active') {
      const resolve = this.#waiting.get(run.run);
      if (!resolve) this.#ended.set(run.run, run.phase);
      else if (this.#waiting.delete(run.run)) resolve(run.phase);
    }
    return applied;
  }
}
