import type { AttemptRecord } from '../model/attempt.ts';
import type { Shape } from '../model/definition.ts';
import { HoldfastError } from '../model/errors.ts';
import type { DefinitionHash, TenantId } from '../model/ids.ts';
import type { Run, RunKey } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { Creation, Transition } from '../model/transition.ts';
import type { AttemptPage, AttemptQuery, AttemptStore } from '../ports/attempt-store.ts';
import type { DefinitionStore } from '../ports/definition-store.ts';
import type { HistoryStore } from '../ports/history-store.ts';
import type { PayloadStore, StoredName } from '../ports/payload-store.ts';
import type { RequestCounter } from '../ports/request-counter.ts';
import type { ResultCache } from '../ports/result-cache.ts';
import {
  type Applied,
  type CreatedAll,
  checkCreations,
  type IndexPage,
  type IndexQuery,
  indexPhaseOf,
  placesOf,
  type RunStore,
  shardCount,
  tooManyRuns,
} from '../ports/run-store.ts';
import type { WorkerRecord, WorkerRegistry } from '../ports/worker-registry.ts';
import type { Leaving } from '../protocol/history.ts';
import { applyTransition, asStored } from './apply-transition.ts';

const textOf = ({ tenant, run }: RunKey) => `${tenant}/${run}`;

/** Instead of a copy for everybody who reads: what nobody can change is shared, also with what it was before a write. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const each of Object.values(value)) frozen(each);
  return value;
}

/** Runs in a map, with the conditions and updates of the protocol applied as data. Its index is never late. */
export class MemoryRunStore implements RunStore {
  readonly #runs = new Map<string, Run>();
  /** The names of all writes that were applied, in order. */
  readonly writes: string[] = [];
  readonly #open = new Map<TenantId, number>();

  async create(creation: Creation): Promise<Applied> {
    const existing = this.#runs.get(textOf(creation.run));
    if (existing) return { applied: false, run: existing };
    this.#checkPlaces([creation]);
    const { name, run } = creation;
    if (run.counted) this.#open.set(run.tenant, this.openRuns(run.tenant) + 1);
    this.#runs.set(textOf(run), frozen(structuredClone(asStored(run))));
    this.writes.push(name);
    return { applied: true, run: structuredClone(run) };
  }

  async createAll(creations: readonly Creation[]): Promise<CreatedAll> {
    checkCreations(creations);
    const existing = creations.map(({ run }) => this.#runs.get(textOf(run)));
    if (existing.some((run) => run !== undefined)) return { created: false, existing };
    this.#checkPlaces(creations);
    // Each of them sets its run before it yields: nobody sees a part of them.
    await Promise.all(creations.map((creation) => this.create(creation)));
    return { created: true };
  }

  async apply(transition: Transition): Promise<Applied> {
    const run = this.#runs.get(textOf(transition.key));
    if (!run) return { applied: false, run: undefined };
    const next = applyTransition(run, transition);
    if (!next) return { applied: false, run };
    this.#runs.set(textOf(run), frozen(next));
    this.writes.push(transition.name);
    if (transition.givesBack) this.#open.set(next.tenant, this.openRuns(next.tenant) - 1);
    return { applied: true, run: next };
  }

  /** How many runs of the tenant are counted as open. */
  openRuns(tenant: TenantId): number {
    return this.#open.get(tenant) ?? 0;
  }

  #checkPlaces(creations: readonly Creation[]): void {
    const places = placesOf(creations);
    if (places && this.openRuns(places.tenant) + places.count > places.max) throw tooManyRuns(places);
  }

  /** As if its time had expired, or somebody had deleted it. */
  forget(key: RunKey): void {
    this.#runs.delete(textOf(key));
  }

  async applyUnread(transition: Transition): Promise<boolean> {
    return (await this.apply(transition)).applied;
  }

  async get(key: RunKey): Promise<Run | undefined> {
    return this.#runs.get(textOf(key));
  }

  async getMany(keys: readonly RunKey[]): Promise<readonly Run[]> {
    return keys.map((key) => this.#runs.get(textOf(key))).filter((run) => run !== undefined);
  }

  async query({
    phase,
    shard,
    since = 0,
    until = Infinity,
    newestFirst,
    limit,
    cursor,
  }: IndexQuery): Promise<IndexPage> {
    const from = cursor === undefined ? 0 : Number(cursor);
    const entries = [...this.#runs.values()]
      .filter((run) => indexPhaseOf(run.phase) === indexPhaseOf(phase))
      .filter((run) => shardOf(run) === shard && run.at >= since && run.at <= until)
      .sort((a, b) => (newestFirst ? b.at - a.at : a.at - b.at));
    const page = entries.slice(from, from + limit).map(({ tenant, run, at }) => ({ tenant, run, at }));
    const next = from + page.length;
    return { entries: page, ...(next < entries.length && { cursor: String(next) }) };
  }
}

/** Any spread will do here: it only has to be stable. */
function shardOf(key: RunKey): number {
  let sum = 0;
  for (const letter of textOf(key)) sum = (sum * 31 + letter.charCodeAt(0)) % 65_521;
  return sum % shardCount;
}

export class MemoryPayloadStore implements PayloadStore {
  readonly hasObjects: boolean;
  readonly #texts = new Map<string, string>();

  /** @param hasObjects whether it stands for a bucket as well */
  constructor({ hasObjects }: { readonly hasObjects: boolean } = { hasObjects: false }) {
    this.hasObjects = hasObjects;
  }

  async put(key: RunKey, name: string, text: string): Promise<void> {
    this.#texts.set(`${textOf(key)}/${name}`, text);
  }

  async copy(from: StoredName, to: StoredName): Promise<void> {
    await this.put(to.key, to.name, await this.get(from.key, from.name));
  }

  async get(key: RunKey, name: string): Promise<string> {
    const text = this.#texts.get(`${textOf(key)}/${name}`);
    if (text === undefined)
      throw new HoldfastError('PayloadMissing', `There is no value ${name} of run ${key.run}`);
    return text;
  }
}

export class MemoryHistoryStore implements HistoryStore {
  readonly #items = new Map<string, { run: string; nodes: Leaving }>();

  async put(key: RunKey, name: string, nodes: Leaving): Promise<void> {
    this.#items.set(`${textOf(key)}/${name}`, { run: textOf(key), nodes });
  }

  async list(key: RunKey): Promise<Leaving> {
    const own = [...this.#items].filter(([, { run }]) => run === textOf(key));
    // As a table has them: in the order of their names, whenever they were put.
    const sorted = own.sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.assign({}, ...sorted.map(([, { nodes }]) => nodes));
  }
}

export class MemoryDefinitionStore implements DefinitionStore {
  readonly #shapes = new Map<string, Shape>();

  async put(hash: DefinitionHash, shape: Shape): Promise<void> {
    this.#shapes.set(hash, shape);
  }

  async get(hash: DefinitionHash): Promise<Shape | undefined> {
    return this.#shapes.get(hash);
  }
}

export class MemoryResultCache implements ResultCache {
  readonly #entries = new Map<string, { text: string; expiresAt: EpochMs }>();

  async get(key: string, now: EpochMs): Promise<string | undefined> {
    return this.#read(key, now);
  }

  async put(key: string, text: string, now: EpochMs, expiresAt: EpochMs): Promise<string> {
    const stored = this.#read(key, now);
    if (stored !== undefined) return stored;
    this.#entries.set(key, { text, expiresAt });
    return text;
  }

  #read(key: string, now: EpochMs): string | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.expiresAt > now ? entry.text : undefined;
  }
}

export class MemoryRequestCounter implements RequestCounter {
  readonly #counts = new Map<string, number>();

  async count(tenant: TenantId, second: number, max: number): Promise<boolean> {
    const key = `${tenant}/${second}`;
    const before = this.#counts.get(key) ?? 0;
    if (before >= max) return false;
    this.#counts.set(key, before + 1);
    return true;
  }
}

export class MemoryWorkerRegistry implements WorkerRegistry {
  readonly #workers = new Map<string, WorkerRecord>();

  async put(worker: WorkerRecord): Promise<void> {
    this.#workers.set(worker.id, worker);
  }

  async list(): Promise<readonly WorkerRecord[]> {
    return [...this.#workers.values()];
  }
}

/** Under the names that a table has them under, so that they come in the same order. */
export class MemoryAttemptStore implements AttemptStore {
  readonly #records = new Map<string, { readonly name: string; readonly record: AttemptRecord }>();

  async put(key: RunKey, record: AttemptRecord): Promise<void> {
    const epoch = String(record.epoch).padStart(12, '0');
    const name = `${record.node}#${epoch}#${record.nonce}`;
    this.#records.set(`${textOf(key)} ${name}`, { name, record: structuredClone(record) });
  }

  async list(key: RunKey, { cursor, limit, node }: AttemptQuery): Promise<AttemptPage> {
    const prefix = `${textOf(key)} ${node === undefined ? '' : `${node}#`}`;
    const found = [...this.#records]
      .filter(([name]) => name.startsWith(prefix))
      .map(([, each]) => each)
      .filter(({ name }) => cursor === undefined || name > cursor)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const page = found.slice(0, limit);
    const last = page.length < found.length ? page.at(-1)?.name : undefined;
    return {
      attempts: page.map(({ record }) => structuredClone(record)),
      ...(last !== undefined && { cursor: last }),
    };
  }
}
