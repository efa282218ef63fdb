import { signal } from '@preact/signals';
import type { HoldfastError, Run } from '../../lib/client/index.ts';
import { client } from './api.ts';
import { asHoldfastError } from './resource.ts';
import type { RunsFilter } from './router.ts';
import { withChanges } from './with-changes.ts';

const pageSize = 100;
/** So many are read at once at most, until one has a run. */
const pagesMax = 30;

/** A listing that grows by pages as it is read, and whose runs change as they do. */
export class RunsList {
  readonly runs = signal<readonly Run[]>([]);
  readonly error = signal<HoldfastError | undefined>(undefined);
  readonly isLoading = signal(false);
  readonly isComplete = signal(false);
  readonly #filter: RunsFilter & { readonly tenant?: string };
  #cursor: string | undefined;
  #isOver = false;

  constructor(filter: RunsFilter, tenant: string | undefined) {
    this.#filter = { ...filter, ...(tenant !== undefined && { tenant }) };
  }

  /** Reads on, unless that is under way, or all is read. */
  async more(): Promise<void> {
    if (this.isLoading.value || this.isComplete.value || this.error.value || this.#isOver) return;
    this.isLoading.value = true;
    try {
      // A page looks at a part of the index, in which perhaps nothing fits.
      for (let pages = 0, found = 0; pages < pagesMax && found === 0; pages += 1) {
        found = await this.#page();
        if (this.#isOver || this.isComplete.value) return;
      }
    } catch (thrown) {
      this.error.value = asHoldfastError(thrown);
    } finally {
      this.isLoading.value = false;
    }
  }

  /** @returns how many runs it had */
  async #page(): Promise<number> {
    const from = this.#cursor === undefined ? {} : { cursor: this.#cursor };
    const { cursor, runs } = await client.list({ ...this.#filter, ...from, limit: pageSize });
    if (this.#isOver) return 0;
    this.#cursor = cursor;
    const known = new Set(this.runs.value.map(({ id }) => id));
    this.runs.value = [...this.runs.value, ...runs.filter(({ id }) => !known.has(id))];
    this.isComplete.value = cursor === undefined;
    return runs.length;
  }

  async retry(): Promise<void> {
    this.error.value = undefined;
    await this.more();
  }

  /** Takes over what runs have become; those that are new come first. */
  apply(changed: readonly Run[]): void {
    this.runs.value = withChanges(this.runs.value, changed, this.#filter);
  }

  close(): void {
    this.#isOver = true;
  }
}
