import type { Client } from '../../lib/client/client.ts';
import { directClient } from '../../lib/client/direct-client.ts';
import { defaultPool, type Pools } from '../../lib/config/pools.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { Registry } from '../../lib/define/registry.ts';
import { discover } from '../../lib/discovery/discover.ts';
import { HoldfastError } from '../../lib/model/errors.ts';
import type { NodeId } from '../../lib/model/ids.ts';
import type { Dispatch } from '../../lib/model/message.ts';
import { isOpen, nodesOf, type RunNode } from '../../lib/model/run.ts';
import type { EpochMs, Ms } from '../../lib/model/time.ts';
import type { RunStore } from '../../lib/ports/run-store.ts';
import { dispatchOf } from '../../lib/protocol/dispatch.ts';
import { deliveryTask, type ResultSender } from '../../lib/result-delivery/task.ts';
import { MemoryLimitStore } from '../../lib/testing/memory-limit-store.ts';
import { MemoryQueue } from '../../lib/testing/memory-queue.ts';
import {
  MemoryAttemptStore,
  MemoryDefinitionStore,
  MemoryHistoryStore,
  MemoryPayloadStore,
  MemoryResultCache,
  MemoryWorkerRegistry,
} from '../../lib/testing/memory-stores.ts';
import { Execution, executions } from '../../lib/testing/simulation/execution.ts';
import { rest } from '../../lib/testing/simulation/timeline.ts';
import { VirtualClock } from '../../lib/testing/virtual-clock.ts';
import { Executor } from '../../lib/worker/executor.ts';
import { Statistics } from '../../lib/worker/statistics.ts';
import { Actor, type PlannedFault } from './actor.ts';
import { LeaseLog } from './lease-log.ts';
import { WitnessStore } from './witness.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const lanes = { normal: 'http://127.0.0.1/queue' };
const pools: Pools = { [defaultPool]: { tags: [], lanes }, elsewhere: { tags: ['elsewhere'], lanes } };
const deliveryQueues = new Map([['results', 'http://127.0.0.1/results']]);
/** Whoever takes results takes them all. */
const results: ResultSender = { post: async () => 204, enqueue: async () => {} };
const receipt = { queueUrl: 'http://127.0.0.1/queue', handle: 'handle' };
const tick: Ms = 1_000;
const discoveryEvery = 60;
const ringsEvery = 7;

/** Nobody ever does with a loop itself. */
const isClaimed = ({ attemptsMax }: RunNode): boolean => attemptsMax > 0;
/** Time enough for whoever is frozen to wake up and try to write. */
const quietMs: Ms = 300_000;

/** Which process is hit. */
export type Victim = 'client' | 'executor' | 'discovery';

/** What runs owe each other, and what their own state asks for. */
const duties: ReadonlySet<string> = new Set([
  'attach',
  'deliver',
  'failDependent',
  'finaliseCancel',
  'leave',
  'notify',
  'park',
  'release',
]);

/** A store that never answers those who would do what a look does, too. */
function withoutDuties(runs: RunStore): RunStore {
  const refuse = async () => {
    throw new HoldfastError('StoreUnreachable', 'left to discovery');
  };
  return {
    create: (creation) => {
      const { deliveryOf, endedAt } = creation.run;
      const isDuty = endedAt !== undefined || deliveryOf !== undefined;
      return isDuty ? refuse() : runs.create(creation);
    },
    createAll: (creations) => runs.createAll(creations),
    apply: (transition) => (duties.has(transition.name) ? refuse() : runs.apply(transition)),
    applyUnread: (transition) => runs.applyUnread(transition),
    get: (key) => runs.get(key),
    getMany: (keys) => runs.getMany(keys),
    query: (query) => runs.query(query),
  };
}

export interface Given {
  readonly victim?: Victim;
  readonly planned?: PlannedFault;
  /** Only discovery does what runs owe each other. */
  readonly leavesDuties?: boolean | undefined;
  /** So many runs may be open. */
  readonly openRuns?: number | undefined;
  /** Messages come for every node of every run all the time. */
  readonly ringsForNothing?: boolean;
}

/**
 * Everything around one task: a queue that loses a dead worker's messages for good, discovery every minute, and as many
 * fresh executors as are needed. One process of it may be hit by a fault.
 */
export class World {
  readonly clock = new VirtualClock(undefined, rest);
  readonly runs = new WitnessStore();
  readonly leases = new LeaseLog(this.clock);
  readonly #queue = new MemoryQueue();
  readonly #adapters = {
    runs: this.runs,
    payloads: new MemoryPayloadStore({ hasObjects: true }),
    attempts: new MemoryAttemptStore(),
    history: new MemoryHistoryStore(),
    definitions: new MemoryDefinitionStore(),
    cache: new MemoryResultCache(),
    limits: new MemoryLimitStore(),
    queue: this.#queue,
  };
  readonly #settings: ReturnType<typeof readSettings>;
  readonly #registry: Registry;
  readonly #given: Given;
  readonly actors = new Map<Victim, Actor>();
  #waiting: { at: EpochMs; dispatch: Dispatch }[] = [];
  #ids = 0;

  constructor(tasks: Record<string, unknown>, given: Given) {
    this.#registry = Registry.fromModule(tasks, [deliveryTask(results, this.clock)]);
    this.#given = given;
    const { openRuns = 0 } = given;
    this.#settings = readSettings({}, { taskTimeout: '10m', webhooks: 'on', openRuns });
  }

  client(): Client {
    return this.#clientOf(this.#actor('client'));
  }

  /** A client that nothing happens to. */
  observer(): Client {
    return this.#clientOf(new Actor(this.clock, this.#adaptersOf('client'), this.leases, 0));
  }

  #clientOf(actor: Actor): Client {
    return directClient({
      ...this.#ports(actor),
      workers: new MemoryWorkerRegistry(),
      poolQueues: this.#queue,
      pools,
      deliveryQueues,
    });
  }

  /** Lets time pass, delivers, discovers; an executor near `lambdaMs` after its start ends. */
  async pass(ms: Ms, lambdaMs = Number.POSITIVE_INFINITY): Promise<void> {
    let quiet = 0;
    for (let spent = 0; spent < ms && quiet < quietMs; spent += tick) {
      quiet = this.runs.allEnded ? quiet + tick : 0;
      this.#collect();
      if (this.#given.ringsForNothing) await this.#ringForNothing();
      for (const dispatch of this.#due()) this.#execute(dispatch, lambdaMs);
      await this.clock.advance(tick);
      if ((this.clock.now() / tick) % discoveryEvery < 1) this.#discover();
    }
    await this.clock.advance(0);
  }

  /** What a handler's result was taken of, although it was never done. */
  withoutEffect(): string[] {
    const { committed, effects } = this.runs;
    const nodes = this.#registry.all().map((registered) => registered.nodes);
    const isStep = (node: NodeId) => nodes.some((all) => all.get(node)?.kind === 'step');
    return [...committed].flatMap(([key, node]) => (isStep(node) && !effects.has(key) ? [key] : []));
  }

  /** Everything that was sent so far is gone. */
  loseMessages(): void {
    this.#queue.drain();
  }

  async #ringForNothing(): Promise<void> {
    if ((this.clock.now() / tick) % ringsEvery >= 1) return;
    for (const run of await this.runs.all()) {
      const nodes = nodesOf(run).filter(([, node]) => isClaimed(node) && (isOpen(node) || !run.retryOf));
      await this.#queue.send(nodes.map(([path]) => dispatchOf(run, path, { delayMs: 0, hop: 0 })));
    }
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
    const { message } = dispatch;
    const { clock } = actor;
    const host = { ...clock, pause: (ms: Ms) => new Promise<void>((done) => void clock.after(ms, done)) };
    const execution = new Execution({ host, hash: message.hash, effects: this.runs.effects });
    const own = this.#ports(actor);
    const id = () => {
      const drawn = own.random.id();
      execution.drew(drawn);
      return drawn;
    };
    const ports = { ...own, random: { ...own.random, id }, workerId: `worker-${this.#ids}` };
    const endsAt = this.clock.now() + lambdaMs;
    const marginMs = Number.isFinite(lambdaMs) ? lambdaMs / 5 : 0;
    void executions
      .run(execution, () =>
        new Executor(ports, new Statistics()).execute({ message, receipt, endsAt, marginMs }),
      )
      .then(
        (verdict) => {
          if (verdict.verdict === 'acknowledge') return;
          this.#waiting.push({ at: this.clock.now() + verdict.visibility * 1_000, dispatch });
        },
        // The message comes back: the invocation failed for want of an answer.
        () => void this.#waiting.push({ at: this.clock.now() + 5_000, dispatch }),
      );
  }

  #discover(): void {
    void discover({ ...this.#ports(this.#actor('discovery')), pools });
  }

  /** One process of each kind does all the work, as a warm Lambda would; when it is dead or frozen another steps in. */
  #actor(kind: Victim): Actor {
    const first = this.actors.get(kind);
    if (first?.awake) return first;
    const { planned, victim } = this.#given;
    const fault = !first && kind === victim ? planned : undefined;
    const adapters = this.#adaptersOf(kind);
    const actor = new Actor(this.clock, adapters, this.leases, this.#settings.lease, fault);
    if (!first) this.actors.set(kind, actor);
    return actor;
  }

  #adaptersOf(kind: Victim) {
    const isLeft = this.#given.leavesDuties && kind !== 'discovery';
    return isLeft ? { ...this.#adapters, runs: withoutDuties(this.runs) } : this.#adapters;
  }

  #ports(actor: Actor) {
    return {
      clock: actor.clock,
      random: { fraction: () => 0.5, id: () => `id-${this.#ids++}` },
      logger: silent,
      runs: actor.runs,
      payloads: actor.payloads,
      attempts: actor.attempts,
      history: actor.history,
      definitions: actor.definitions,
      cache: actor.cache,
      limits: actor.limits,
      queue: actor.queue,
      registry: this.#registry,
      settings: this.#settings,
      pools,
      workerId: 'worker',
    };
  }
}
