import type { Client } from '../../lib/client/client.ts';
import { directClient } from '../../lib/client/direct-client.ts';
import { defaultPool, type Pools } from '../../lib/config/pools.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { Registry } from '../../lib/define/registry.ts';
import { discover } from '../../lib/discovery/discover.ts';
import type { Dispatch } from '../../lib/model/message.ts';
import { type Run, soleNode } from '../../lib/model/run.ts';
import type { EpochMs, Ms } from '../../lib/model/time.ts';
import type { Creation, Transition } from '../../lib/model/transition.ts';
import type { RunStore } from '../../lib/ports/run-store.ts';
import { MemoryQueue } from '../../lib/testing/memory-queue.ts';
import {
  MemoryDefinitionStore,
  MemoryHistoryStore,
  MemoryPayloadStore,
  MemoryResultCache,
  MemoryRunStore,
  MemoryWorkerRegistry,
} from '../../lib/testing/memory-stores.ts';
import { VirtualClock } from '../../lib/testing/virtual-clock.ts';
import { Executor } from '../../lib/worker/executor.ts';
import { Statistics } from '../../lib/worker/statistics.ts';
import { Actor, type PlannedFault } from './actor.ts';
import { LeaseLog } from './lease-log.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const pools: Pools = { [defaultPool]: { tags: [], lanes: { normal: 'http://127.0.0.1/queue' } } };
const receipt = { queueUrl: 'http://127.0.0.1/queue', handle: 'handle' };
const tick: Ms = 1_000;
const discoveryEvery = 60;
/** Time enough for whoever is frozen to wake up and try to write. */
const quietMs: Ms = 300_000;

/** Which process is hit. */
export type Victim = 'client' | 'executor' | 'discovery';

/** What makes a lease, or makes it longer. */
const leases: ReadonlySet<string> = new Set(['claim', 'takeOver', 'renew']);
const holderWrites: ReadonlySet<string> = new Set(['commit', 'renew', 'retry', 'yield']);

/** Records every write, to see that what ended stays ended. */
class WitnessStore extends MemoryRunStore {
  readonly ended: string[] = [];
  readonly faultsSeen: string[] = [];
  #created = 0;

  get allEnded(): boolean {
    return this.#created > 0 && this.ended.length >= this.#created;
  }

  override async create(creation: Creation) {
    const result = await super.create(creation);
    if (result.applied) this.#created += 1;
    return result;
  }

  override async apply(transition: Transition) {
    const before = await this.get(transition.key);
    const result = await super.apply(transition);
    if (result.applied && before) this.#check(transition.name, before, result.run);
    return result;
  }

  #check(name: string, before: Run, after: Run): void {
    if (before.phase !== 'active') this.faultsSeen.push(`${name} changed a run that had ended (I2)`);
    if (after.epoch < before.epoch) this.faultsSeen.push(`${name} lowered the epoch (I7)`);
    for (const node of Object.values(after.nodes)) {
      if (node.attempt > node.attemptsMax) this.faultsSeen.push(`${name} began one attempt too many (I8)`);
      const needAt = node.status === 'running' ? node.lease.until + 5_001 : Number.POSITIVE_INFINITY;
      if (leases.has(name) && after.at > needAt)
        this.faultsSeen.push(`${name} left a lease without a look in time (I9)`);
    }
    if (after.phase !== 'active') this.ended.push(after.run);
  }
}

/**
 * Everything around one task: a queue that loses a dead worker's messages for good, discovery every minute, and as many
 * fresh executors as are needed. One process of it may be hit by a fault.
 */
export class World {
  readonly clock = new VirtualClock();
  readonly runs = new WitnessStore();
  readonly leases = new LeaseLog(this.clock);
  readonly #queue = new MemoryQueue();
  readonly #adapters = {
    runs: this.runs,
    payloads: new MemoryPayloadStore(),
    history: new MemoryHistoryStore(),
    definitions: new MemoryDefinitionStore(),
    cache: new MemoryResultCache(),
    queue: this.#queue,
  };
  readonly #settings = readSettings({}, { taskTimeout: '10m' });
  readonly #registry: Registry;
  readonly #victim: Victim;
  readonly #planned: PlannedFault | undefined;
  readonly actors = new Map<Victim, Actor>();
  #waiting: { at: EpochMs; dispatch: Dispatch }[] = [];
  #ids = 0;

  constructor(tasks: Record<string, unknown>, victim: Victim, planned?: PlannedFault) {
    this.#registry = Registry.fromModule(tasks);
    this.#victim = victim;
    this.#planned = planned;
  }

  client(): Client {
    const actor = this.#actor('client');
    return directClient({ ...this.#ports(actor), workers: new MemoryWorkerRegistry(), pools });
  }

  /** A client that nothing happens to. */
  observer(): Client {
    const actor = new Actor(this.clock, this.#adapters, this.leases, 0);
    return directClient({ ...this.#ports(actor), workers: new MemoryWorkerRegistry(), pools });
  }

  /** Lets time pass, delivers, discovers; an executor near `lambdaMs` after its start ends. */
  async pass(ms: Ms, lambdaMs = Number.POSITIVE_INFINITY): Promise<void> {
    let quiet = 0;
    for (let spent = 0; spent < ms && quiet < quietMs; spent += tick) {
      quiet = this.runs.allEnded ? quiet + tick : 0;
      this.#collect();
      for (const dispatch of this.#due()) this.#execute(dispatch, lambdaMs);
      await this.clock.advance(tick);
      if ((this.clock.now() / tick) % discoveryEvery < 1) this.#discover();
    }
    await this.clock.advance(0);
  }

  /** Everything that was sent so far is gone. */
  loseMessages(): void {
    this.#queue.drain();
  }

  #collect(): void {
    const now = this.clock.now();
    for (const dispatch of this.#queue.drain()) this.#waiting.push({ at: now + dispatch.delayMs, dispatch });
  }

  #due(): Dispatch[] {
    const due = this.#waiting.filter(({ at }) => at <= this.clock.now());
    this.#waiting = this.#waiting.filter(({ at }) => at > this.clock.now());
    return due.map(({ dispatch }) => dispatch);
  }

  #execute(dispatch: Dispatch, lambdaMs: Ms): void {
    const actor = this.#actor('executor');
    const runs = this.#witnessed(actor.runs);
    const ports = { ...this.#ports(actor), runs, workerId: `worker-${this.#ids}` };
    const endsAt = this.clock.now() + lambdaMs;
    const marginMs = Number.isFinite(lambdaMs) ? lambdaMs / 5 : 0;
    void new Executor(ports, new Statistics())
      .execute({ message: dispatch.message, receipt, endsAt, marginMs })
      .then(
        (verdict) => {
          if (verdict.verdict === 'acknowledge') return;
          this.#waiting.push({ at: this.clock.now() + verdict.visibility * 1_000, dispatch });
        },
        // The message comes back: the invocation failed for want of an answer.
        () => void this.#waiting.push({ at: this.clock.now() + 5_000, dispatch }),
      );
  }

  /** One execution's view of the store: whatever it writes must be under the epoch that it claimed last. */
  #witnessed(runs: RunStore): RunStore {
    let epoch = 0;
    const apply = async (transition: Transition) => {
      const result = await runs.apply(transition);
      const after = result.applied ? result.run.nodes[soleNode]?.epoch : undefined;
      if (after === undefined) return result;
      if (transition.name === 'claim' || transition.name === 'takeOver') epoch = after;
      else if (holderWrites.has(transition.name) && epoch !== 0 && after !== epoch) {
        this.runs.faultsSeen.push(
          `${transition.name} under epoch ${epoch} while ${after} held the lease (I5)`,
        );
      }
      return result;
    };
    return { ...runs, apply };
  }

  #discover(): void {
    void discover({ ...this.#ports(this.#actor('discovery')), pools });
  }

  /** One process of each kind does all the work, as a warm Lambda would; when it is dead or frozen another steps in. */
  #actor(kind: Victim): Actor {
    const first = this.actors.get(kind);
    if (first?.awake) return first;
    const planned = !first && kind === this.#victim ? this.#planned : undefined;
    const actor = new Actor(this.clock, this.#adapters, this.leases, 2 * this.#settings.lease, planned);
    if (!first) this.actors.set(kind, actor);
    return actor;
  }

  #ports(actor: Actor) {
    return {
      clock: actor.clock,
      random: { fraction: () => 0.5, id: () => `id-${this.#ids++}` },
      logger: silent,
      runs: actor.runs,
      payloads: actor.payloads,
      history: actor.history,
      definitions: actor.definitions,
      cache: actor.cache,
      queue: actor.queue,
      registry: this.#registry,
      settings: this.#settings,
      pools,
      workerId: 'worker',
    };
  }
}
