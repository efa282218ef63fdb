import type { Run, RunKey } from '../../model/run.ts';
import type { EpochMs, Ms } from '../../model/time.ts';
import type { Creation, Transition } from '../../model/transition.ts';
import type { DefinitionStore } from '../../ports/definition-store.ts';
import type { HistoryStore } from '../../ports/history-store.ts';
import type { PayloadStore } from '../../ports/payload-store.ts';
import type { ResultCache } from '../../ports/result-cache.ts';
import {
  type Applied,
  type IndexPage,
  type IndexQuery,
  isReadable,
  type RunStore,
} from '../../ports/run-store.ts';
import type { WorkerRecord, WorkerRegistry } from '../../ports/worker-registry.ts';
import { nodeWrittenBy } from '../lease-request.ts';
import { executions } from './execution.ts';
import type { LeaseRecorder } from './lease-recorder.ts';
import type { Table } from './table.ts';
import type { Timeline } from './timeline.ts';
import { readFaults, type Wire, writeFaults } from './wire.ts';

interface StoreOptions {
  readonly table: Table;
  readonly leases: LeaseRecorder;
  readonly timeline: Timeline;
  /** How old an eventually consistent read is that is not of now. */
  readonly age: () => Ms;
}

/** The runs as one process reaches them. */
export class SimulatedRunStore implements RunStore {
  readonly #wire: Wire;
  readonly #options: StoreOptions;

  constructor(wire: Wire, options: StoreOptions) {
    this.#wire = wire;
    this.#options = options;
  }

  create(creation: Creation): Promise<Applied> {
    const { leases, table, timeline } = this.#options;
    const perform = () => {
      const created = table.create(creation);
      if (created.applied) leases.created(created.run, timeline.now);
      return created;
    };
    return this.#wire.request('runs.create', writeFaults, () => ({ perform }));
  }

  async apply(transition: Transition): Promise<Applied> {
    const { leases, table, timeline } = this.#options;
    const execution = executions.getStore();
    const { skewMs } = this.#wire.sandbox;
    const node = nodeWrittenBy(transition);
    const applied = await this.#wire.request(`runs.apply(${transition.name})`, writeFaults, () => {
      const sentAt = timeline.now;
      // What was asked under one lease is judged by that one, however late it comes.
      const lease = node === undefined ? undefined : execution?.leaseOf(node);
      const plannedAt = execution?.earliestPlan(node);
      let tell: ReturnType<LeaseRecorder['decided']> | undefined;
      return {
        perform: () => {
          const written = table.apply(transition, { skewMs, execution, lease, plannedAt });
          tell = leases.decided(transition, lease, { applied: written, sentAt, now: timeline.now });
          return written;
        },
        answered: () => tell?.(timeline.now),
      };
    });
    if (isReadable(applied.run)) execution?.told(applied.run);
    return applied;
  }

  async applyUnread(transition: Transition): Promise<boolean> {
    return (await this.apply(transition)).applied;
  }

  get(key: RunKey): Promise<Run | undefined> {
    return this.#wire.request('runs.get', readFaults, () => ({
      perform: () => this.#options.table.get(key),
    }));
  }

  getMany(keys: readonly RunKey[]): Promise<readonly Run[]> {
    const { age, table } = this.#options;
    const perform = () =>
      keys.flatMap((key) => {
        const isStale = this.#wire.draw('runs.getMany', ['stale']) !== undefined;
        return (isStale ? table.getPast(key, age()) : table.get(key)) ?? [];
      });
    return this.#wire.request('runs.getMany', readFaults, () => ({ perform }));
  }

  query(query: IndexQuery): Promise<IndexPage> {
    const perform = () => this.#options.table.query(query);
    return this.#wire.request('runs.query', readFaults, () => ({ perform, isOld: true }));
  }
}

export class SimulatedPayloadStore implements PayloadStore {
  readonly #wire: Wire;
  readonly #store: PayloadStore;

  constructor(wire: Wire, store: PayloadStore) {
    this.#wire = wire;
    this.#store = store;
  }

  async put(...given: Parameters<PayloadStore['put']>): Promise<void> {
    await this.#wire.request('payloads.put', writeFaults, () => ({
      perform: () => this.#store.put(...given),
    }));
  }

  get(key: RunKey, name: string): Promise<string> {
    return this.#wire.request('payloads.get', readFaults, () => ({
      perform: () => this.#store.get(key, name),
    }));
  }
}

export class SimulatedHistoryStore implements HistoryStore {
  readonly #wire: Wire;
  readonly #store: HistoryStore;
  readonly #table: Table;

  constructor(wire: Wire, store: HistoryStore, table: Table) {
    this.#wire = wire;
    this.#store = store;
    this.#table = table;
  }

  async put(...given: Parameters<HistoryStore['put']>): Promise<void> {
    const [key, , nodes] = given;
    const perform = () => {
      this.#table.willLeave(key, nodes);
      return this.#store.put(...given);
    };
    await this.#wire.request('history.put', writeFaults, () => ({ perform }));
  }

  list(key: RunKey) {
    return this.#wire.request('history.list', readFaults, () => ({ perform: () => this.#store.list(key) }));
  }
}

export class SimulatedDefinitionStore implements DefinitionStore {
  readonly #wire: Wire;
  readonly #store: DefinitionStore;

  constructor(wire: Wire, store: DefinitionStore) {
    this.#wire = wire;
    this.#store = store;
  }

  async put(...given: Parameters<DefinitionStore['put']>): Promise<void> {
    const perform = () => this.#store.put(...given);
    await this.#wire.request('definitions.put', writeFaults, () => ({ perform }));
  }

  get(...given: Parameters<DefinitionStore['get']>) {
    const perform = () => this.#store.get(...given);
    return this.#wire.request('definitions.get', readFaults, () => ({ perform }));
  }
}

export class SimulatedResultCache implements ResultCache {
  readonly #wire: Wire;
  readonly #cache: ResultCache;

  constructor(wire: Wire, cache: ResultCache) {
    this.#wire = wire;
    this.#cache = cache;
  }

  get(key: string, now: EpochMs): Promise<string | undefined> {
    return this.#wire.request('cache.get', readFaults, () => ({ perform: () => this.#cache.get(key, now) }));
  }

  put(key: string, text: string, now: EpochMs, expiresAt: EpochMs): Promise<string> {
    const perform = () => this.#cache.put(key, text, now, expiresAt);
    return this.#wire.request('cache.put', writeFaults, () => ({ perform }));
  }
}

export class SimulatedWorkerRegistry implements WorkerRegistry {
  readonly #wire: Wire;
  readonly #registry: WorkerRegistry;

  constructor(wire: Wire, registry: WorkerRegistry) {
    this.#wire = wire;
    this.#registry = registry;
  }

  async put(worker: WorkerRecord): Promise<void> {
    await this.#wire.request('workers.put', writeFaults, () => ({
      perform: () => this.#registry.put(worker),
    }));
  }

  list(): Promise<readonly WorkerRecord[]> {
    return this.#wire.request('workers.list', readFaults, () => ({ perform: () => this.#registry.list() }));
  }
}
