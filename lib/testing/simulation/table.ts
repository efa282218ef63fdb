import type { Shape } from '../../model/definition.ts';
import type { DefinitionHash, NodeId } from '../../model/ids.ts';
import type { Run, RunKey } from '../../model/run.ts';
import type { EpochMs, Ms } from '../../model/time.ts';
import type { Creation, Transition } from '../../model/transition.ts';
import {
  type Applied,
  type CreatedAll,
  checkCreations,
  type IndexPage,
  type IndexQuery,
  indexPhaseOf,
  shardCount,
} from '../../ports/run-store.ts';
import type { Fence } from '../../protocol/guards.ts';
import type { Leaving } from '../../protocol/history.ts';
import { applyTransition, asStored } from '../apply-transition.ts';
import { brokenByWrite, brokenInRun } from '../invariants.ts';
import { nodeWrittenBy, type Sender } from '../lease-request.ts';
import { brokenAmong } from '../relations.ts';
import { type Courses, textOf } from './course.ts';
import type { Execution } from './execution.ts';
import { pieceKey } from './piece-key.ts';
import type { Timeline } from './timeline.ts';

interface Version {
  readonly since: EpochMs;
  readonly run: Run;
}

interface Indexed {
  readonly visibleAt: EpochMs;
  readonly run: Run;
}

interface Row {
  readonly versions: Version[];
  readonly index: Indexed[];
}

/** Who writes. */
export interface Writer {
  readonly skewMs: Ms;
  readonly execution: Execution | undefined;
  /** What it was told to have of the node that it writes. */
  readonly lease: Sender | undefined;
  readonly plannedAt: EpochMs | undefined;
}

const holders: ReadonlySet<string> = new Set(['renew', 'commit', 'pathCommit', 'retry', 'yield', 'await']);
const commits: ReadonlySet<string> = new Set(['commit', 'pathCommit']);

/** A node's work in one iteration: it is committed once. */
export interface Piece {
  readonly run: Run;
  readonly node: NodeId;
  /** As handlers are told it. */
  readonly idempotencyKey: string;
}

interface TableOptions {
  readonly timeline: Timeline;
  /** How far the index is behind. */
  readonly lag: () => Ms;
  /** Spoils what is written, to see that it is noticed. */
  readonly tamper: (transition: Transition) => Transition;
  readonly courses: Courses;
  readonly shapeOf: (hash: DefinitionHash) => Shape | undefined;
}

/** The runs themselves, with their past, an index that is behind, and a check of every write. */
export class Table {
  readonly broken: string[] = [];
  /** The results of handlers, by their idempotency keys. */
  readonly committed = new Map<string, Piece>();
  readonly #fences = new Set<string>();
  readonly #timeline: Timeline;
  readonly #lag: () => Ms;
  readonly #rows = new Map<string, Row>();
  readonly #shards: readonly Row[][] = Array.from({ length: shardCount }, () => []);
  readonly #tamper: TableOptions['tamper'];
  readonly #shapeOf: TableOptions['shapeOf'];
  readonly #courses: Courses;
  readonly #history = new Map<string, Leaving>();

  constructor({ courses, lag, shapeOf, tamper, timeline }: TableOptions) {
    this.#courses = courses;
    this.#timeline = timeline;
    this.#lag = lag;
    this.#tamper = tamper;
    this.#shapeOf = shapeOf;
  }

  /** Nodes of a run were put into history. */
  willLeave(key: RunKey, nodes: Leaving): void {
    this.#history.set(textOf(key), { ...this.#history.get(textOf(key)), ...nodes });
  }

  create(creation: Creation): Applied {
    const { run } = creation;
    const existing = this.get(run);
    if (existing) return { applied: false, run: existing };
    this.#put(creation);
    this.#among(run, 'creation');
    return { applied: true, run };
  }

  #put({ run }: Creation): void {
    const row: Row = { versions: [], index: [] };
    this.#rows.set(textOf(run), row);
    this.#shards[shardOf(run)]?.push(row);
    this.#store(asStored(run));
    this.#courses.created(run);
  }

  /** A transaction: all at one moment. */
  createAll(creations: readonly Creation[]): CreatedAll {
    checkCreations(creations);
    const existing = creations.map(({ run }) => this.get(run));
    if (existing.some((run) => run !== undefined)) return { created: false, existing };
    for (const creation of creations) this.#put(creation);
    for (const { run } of creations) this.#among(run, 'creation');
    return { created: true };
  }

  apply(given: Transition, writer: Writer): Applied {
    const before = this.get(given.key);
    if (!before) return { applied: false, run: undefined };
    const transition = this.#tamper(given);
    const after = applyTransition(before, transition);
    if (!after) return { applied: false, run: before };
    this.#check(before, after, { transition, node: nodeWrittenBy(given) }, writer);
    this.#store(after);
    this.#courses.written(before, after);
    this.#among(after, transition.name);
    return { applied: true, run: after };
  }

  get(key: RunKey): Run | undefined {
    return this.#rows.get(textOf(key))?.versions.at(-1)?.run;
  }

  /** The run as it was so long ago. */
  getPast(key: RunKey, age: Ms): Run | undefined {
    const moment = this.#timeline.now - age;
    const versions = this.#rows.get(textOf(key))?.versions ?? [];
    return versions.findLast(({ since }) => since <= moment)?.run;
  }

  all(): Run[] {
    return [...this.#rows.values()].flatMap(({ versions }) => versions.at(-1)?.run ?? []);
  }

  query({
    phase,
    shard,
    since = 0,
    until = Number.POSITIVE_INFINITY,
    newestFirst,
    limit,
    cursor,
  }: IndexQuery): IndexPage {
    const from = Number(cursor ?? 0);
    const named = (this.#shards[shard] ?? [])
      .flatMap(({ index }) => index.findLast(({ visibleAt }) => visibleAt <= this.#timeline.now)?.run ?? [])
      .filter((run) => indexPhaseOf(run.phase) === indexPhaseOf(phase))
      .filter((run) => run.at >= since && run.at <= until)
      .sort((a, b) => (newestFirst ? b.at - a.at : a.at - b.at));
    const entries = named.slice(from, from + limit).map(({ tenant, run, at }) => ({ tenant, run, at }));
    const next = from + entries.length;
    return { entries, ...(next < named.length && { cursor: String(next) }) };
  }

  #store(run: Run): void {
    const row = this.#rows.get(textOf(run));
    row?.versions.push({ since: this.#timeline.now, run });
    // Changes reach the index in their order.
    const visibleAt = Math.max(this.#timeline.now + this.#lag(), row?.index.at(-1)?.visibleAt ?? 0);
    row?.index.push({ visibleAt, run });
  }

  /** What holds among runs can be broken by a write on any of those that know each other. */
  #among(run: Run, name: string): void {
    const broken = isRelated(run) ? brokenAmong(this.all()) : [];
    this.broken.push(...broken.map((each) => `${each} (${name} of ${run.run})`));
  }

  #check(
    before: Run,
    after: Run,
    { node, transition }: { readonly node: NodeId | undefined; readonly transition: Transition },
    { execution, lease, plannedAt, skewMs }: Writer,
  ): void {
    const fence: Fence | undefined =
      execution && node !== undefined && holders.has(transition.name)
        ? { node, epoch: lease?.epoch ?? 0, nonce: (lease?.owner ?? '') as Fence['nonce'] }
        : undefined;
    const hash = execution && { hash: execution.hash };
    const shape = this.#shapeOf(before.hash);
    const history = this.#history.get(textOf(before)) ?? {};
    const checked = {
      transition,
      skewMs,
      history,
      ...(plannedAt !== undefined && { plannedAt }),
      ...(fence && { fence }),
      ...hash,
      ...(shape && { shape }),
    };
    const broken = [
      ...brokenByWrite(before, after, checked, this.#timeline.now),
      ...brokenInRun(after, shape),
      ...this.#givenTo(before, after, execution),
      ...(node !== undefined && commits.has(transition.name) ? this.#commit(before, after, node) : []),
    ];
    this.broken.push(...broken.map((each) => `${each} (${transition.name} of ${after.run})`));
  }

  /** Leases go to whoever writes, each under a fence of its own: a worker may come to a node again, in another epoch. */
  #givenTo(before: Run, after: Run, execution: Execution | undefined): string[] {
    return Object.entries(after.nodes).flatMap(([path, node]) => {
      const old = before.nodes[path as NodeId];
      if (node.status !== 'running' || old === node) return [];
      const { nonce } = node.lease;
      if (old?.status === 'running' && old.lease.nonce === nonce && old.epoch === node.epoch) return [];
      const fence = `${textOf(after)} ${node.epoch} ${nonce}`;
      const isFresh = !this.#fences.has(fence);
      this.#fences.add(fence);
      return [
        ...(isFresh ? [] : [`I4: ${path} was given under a fence of before`]),
        ...(execution?.hasDrawn(nonce) ? [] : [`I4: ${path} was given to another than its writer`]),
      ];
    });
  }

  #commit(before: Run, after: Run, node: NodeId): string[] {
    const ended = after.nodes[node];
    if (ended?.status === 'failed' || ended?.status === 'cancelled') return [];
    if (ended?.status === 'succeeded' && ended.cached) return [];
    const idempotencyKey = pieceKey(before, node);
    const twice = this.committed.has(idempotencyKey);
    this.committed.set(idempotencyKey, { run: after, node, idempotencyKey });
    return twice ? [`the result of ${idempotencyKey} was committed twice`] : [];
  }
}

function shardOf({ run }: RunKey): number {
  let sum = 0;
  for (let index = 0; index < run.length; index++) sum = (sum * 31 + run.charCodeAt(index)) % 65_521;
  return sum % shardCount;
}

const isRelated = ({ dependencies, dependents, nodes, parent }: Run): boolean =>
  dependencies !== undefined ||
  dependents !== undefined ||
  parent !== undefined ||
  Object.values(nodes).some(({ child }) => child !== undefined);
