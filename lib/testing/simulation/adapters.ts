import type { Run, RunKey } from '../../model/run.ts';
import type { Ms } from '../../model/time.ts';
import type { Creation, Transition } from '../../model/transition.ts';
import type { AttemptStore } from '../../ports/attempt-store.ts';
import type { DefinitionStore } from '../../ports/definition-store.ts';
import type { HistoryStore } from '../../ports/history-store.ts';
import type { LimitStore } from '../../ports/limit-store.ts';
import type { PayloadStore } from '../../ports/payload-store.ts';
import type { ResultCache } from '../../ports/result-cache.ts';
import {
  type Applied,
  type CreatedAll,
  type IndexPage,
  type IndexQuery,
  isReadable,
  type RunStore,
} from '../../ports/run-store.ts';
import type { WorkerRegistry } from '../../ports/worker-registry.ts';
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
    return this.#wire.request(stepOf(creation), writeFaults, () => ({ perform }));
  }

  createAll(creations: readonly Creation[]): Promise<CreatedAll> {
    const { leases, table, timeline } = this.#options;
    const perform = () => {
      const created = table.createAll(creations);
      if (created.created) for (const { run } of creations) leases.created(run, timeline.now);
      return created;
    };
    return this.#wire.request('runs.createAll', writeFaults, () => ({ perform }));
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
      answered: () => this.#wire.sandbox.onRead(),
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

/** Who creates a run, and why, makes a difference to what may go wrong. */
function stepOf({ run }: Creation): string {
  if (run.submission === 'tombstone') return 'runs.create(tombstone)';
  if (run.parent) return 'runs.create(child)';
  return run.retryOf === undefined ? 'runs.create' : 'runs.create(retry)';
}

/** The other stores as one process reaches them: each call is a request, to what is behind the wire. */
export const simulatedPayloads = (wire: Wire, store: PayloadStore): PayloadStore => ({
  hasObjects: store.hasObjects,
  put: async (...given) => await write(wire, 'payloads.put', () => store.put(...given)),
  get: (...given) => read(wire, 'payloads.get', () => store.get(...given)),
  copy: async (...given) => await write(wire, 'payloads.copy', () => store.copy(...given)),
});

export const simulatedAttempts = (wire: Wire, store: AttemptStore): AttemptStore => ({
  put: async (...given) => await write(wire, 'attempts.put', () => store.put(...given)),
  list: (...given) => read(wire, 'attempts.list', () => store.list(...given)),
});

export const simulatedHistory = (wire: Wire, store: HistoryStore, table: Table): HistoryStore => ({
  put: async (...given) =>
    await write(wire, 'history.put', () => {
      const [key, , nodes] = given;
      table.willLeave(key, nodes);
      return store.put(...given);
    }),
  list: (...given) => read(wire, 'history.list', () => store.list(...given)),
});

export const simulatedDefinitions = (wire: Wire, store: DefinitionStore): DefinitionStore => ({
  put: async (...given) => await write(wire, 'definitions.put', () => store.put(...given)),
  get: (...given) => read(wire, 'definitions.get', () => store.get(...given)),
});

export const simulatedCache = (wire: Wire, cache: ResultCache): ResultCache => ({
  put: (...given) => write(wire, 'cache.put', () => cache.put(...given)),
  get: (...given) => read(wire, 'cache.get', () => cache.get(...given)),
});

export const simulatedLimits = (wire: Wire, store: LimitStore): LimitStore => ({
  read: (...given) => read(wire, 'limits.read', () => store.read(...given)),
  write: (...given) => write(wire, 'limits.write', () => store.write(...given)),
  renew: (...given) => write(wire, 'limits.renew', () => store.renew(...given)),
  release: (...given) => write(wire, 'limits.release', () => store.release(...given)),
  wait: async (...given) => await write(wire, 'limits.wait', () => store.wait(...given)),
  waiting: (...given) => read(wire, 'limits.waiting', () => store.waiting(...given)),
  leave: (...given) => write(wire, 'limits.leave', () => store.leave(...given)),
});

export const simulatedWorkers = (wire: Wire, registry: WorkerRegistry): WorkerRegistry => ({
  put: async (...given) => await write(wire, 'workers.put', () => registry.put(...given)),
  list: () => read(wire, 'workers.list', () => registry.list()),
});

const write = <T>(wire: Wire, step: string, perform: () => Promise<T>) =>
  wire.request(step, writeFaults, () => ({ perform }));
const read = <T>(wire: Wire, step: string, perform: () => Promise<T>) =>
  wire.request(step, readFaults, () => ({ perform }));
