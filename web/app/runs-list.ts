import { signal } from '@preact/signals';
import type { HoldfastError, Run } from '../../lib/client/index.ts';
import { client } from './api.ts';
import { asHoldfastError } from './resource.ts';
import type { RunsFilter } from './router.ts';
import { withChanges } from './with-changes.ts';

const pageSize = 100;

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
      const cursor = this.#cursor === undefined ? {} : { cursor: this.#cursor };
      const page = await client.list({ ...this.#filter, ...cursor, limit: pageSize });
      if (this.#isOver) return;
      this.#cursor = page.cursor;
      const known = new Set(this.runs.value.map(({ id }) => id));
      this.runs.value = [...this.runs.value, ...page.runs.filter(({ id }) => !known.has(id))];
      this.isComplete.value = page.cursor === undefined;
    } catch (thrown) {
      this.error.value = asHoldfastError(thrown);
    } finally {
      this.isLoading.value = false;
    }
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
