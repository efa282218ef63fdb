import type { ClientPorts } from '../../client/ports.ts';
import { defaultPool, type Pools } from '../../config/pools.ts';
import { readSettings } from '../../config/settings.ts';
import { Registry } from '../../define/registry.ts';
import type { Ms } from '../../model/time.ts';
import type { Transition } from '../../model/transition.ts';
import type { Logger } from '../../ports/logger.ts';
import type { WorkerPorts } from '../../worker/ports.ts';
import { MemoryQueue } from '../memory-queue.ts';
import {
  MemoryAttemptStore,
  MemoryDefinitionStore,
  MemoryHistoryStore,
  MemoryPayloadStore,
  MemoryResultCache,
  MemoryWorkerRegistry,
} from '../memory-stores.ts';
import {
  SimulatedRunStore,
  simulatedAttempts,
  simulatedCache,
  simulatedDefinitions,
  simulatedHistory,
  simulatedLimits,
  simulatedPayloads,
  simulatedWorkers,
} from './adapters.ts';
import { Courses } from './course.ts';
import type { Faults } from './faults.ts';
import { LeaseRecorder } from './lease-recorder.ts';
import { limitedRegistry, WatchedLimits } from './limits.ts';
import { Prng } from './prng.ts';
import { QueueAdapter, SimulatedQueue } from './queue.ts';
import { Sandbox } from './sandbox.ts';
import { Table } from './table.ts';
import { tasks } from './tasks.ts';
import { Timeline } from './timeline.ts';
import { Wire } from './wire.ts';
import { workflows } from './workflows.ts';

const start = 1_700_000_000_000;
const staleMsMax: Ms = 10_000;
const indexLagMsMax: Ms = 60_000;
const lanes = { normal: 'http://127.0.0.1/queue' };
const pools: Pools = { [defaultPool]: { tags: [], lanes }, elsewhere: { tags: ['elsewhere'], lanes } };
const settings = readSettings({}, { lease: '20s', taskTimeout: '4m' });
/** Made once: hashes and shapes follow from the code alone. */
export const registry = Registry.fromModule({ ...tasks, ...workflows });
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

export type Ports = WorkerPorts & ClientPorts & { readonly registry: Registry; readonly sandbox: Sandbox };

interface CloudOptions {
  readonly seed: number;
  readonly faults: Faults;
  /** No clock is further ahead or behind. */
  readonly skewMsMax: Ms;
  /** Nothing arrives but what discovery sends, in fair weather, too. */
  readonly isMute: boolean;
  readonly trace: (line: string) => void;
  readonly tamper: (transition: Transition) => Transition;
  /** Whether tasks share a limit. */
  readonly isLimited: boolean;
}

/** What the processes of one history share: the time, the table, the queue, the stores. */
export class Cloud {
  readonly timeline = new Timeline(start);
  readonly prng: Prng;
  readonly table: Table;
  readonly queue: SimulatedQueue;
  readonly leases = new LeaseRecorder();
  readonly courses = new Courses();
  readonly settings = settings;
  /** The pieces of work that handlers finished. */
  readonly effects = new Set<string>();
  readonly #options: CloudOptions;
  readonly payloads = new MemoryPayloadStore();
  readonly #attempts = new MemoryAttemptStore();
  readonly #history = new MemoryHistoryStore();
  readonly #definitions = new MemoryDefinitionStore();
  readonly #cache = new MemoryResultCache();
  readonly limits: WatchedLimits;
  readonly #workers = new MemoryWorkerRegistry();
  #ids = 0;

  constructor(options: CloudOptions) {
    const { faults, seed, tamper } = options;
    this.#options = options;
    this.prng = new Prng(seed, 'cloud');
    this.limits = new WatchedLimits(this.timeline, options.skewMsMax);
    this.table = new Table({
      timeline: this.timeline,
      lag: () => this.#indexLag(),
      tamper,
      courses: this.courses,
      shapeOf: (hash) => registry.byHash(hash)?.shape,
    });
    this.queue = new SimulatedQueue(this.timeline, faults, new Prng(seed, 'queue'));
  }

  trace(line: string): void {
    this.#options.trace(`${this.timeline.now - start} ${line}`);
  }

  /** A new process, and how it reaches everything. */
  process(name: string): Ports {
    const { faults, isMute, skewMsMax } = this.#options;
    const skewMs = this.prng.between(-skewMsMax, skewMsMax);
    const sandbox = new Sandbox(name, this.timeline, skewMs);
    const wire = new Wire(sandbox, {
      timeline: this.timeline,
      faults,
      prng: this.prng,
      leaseMs: this.settings.lease,
      trace: (line) => this.trace(line),
    });
    const { leases, table, timeline } = this;
    const age = () => this.prng.between(1, staleMsMax);
    return {
      sandbox,
      clock: sandbox,
      random: { fraction: () => this.prng.fraction(), id: () => `id-${++this.#ids}` },
      logger: silent,
      runs: new SimulatedRunStore(wire, { table, leases, timeline, age }),
      payloads: simulatedPayloads(wire, this.payloads),
      attempts: simulatedAttempts(wire, this.#attempts),
      history: simulatedHistory(wire, this.#history, table),
      definitions: simulatedDefinitions(wire, this.#definitions),
      cache: simulatedCache(wire, this.#cache),
      limits: simulatedLimits(wire, this.limits),
      workers: simulatedWorkers(wire, this.#workers),
      queue: new QueueAdapter(wire, this.queue, isMute && !name.startsWith('discovery')),
      // Nobody looks at it: no run depends on it.
      poolQueues: new MemoryQueue(),
      registry: this.#options.isLimited ? limitedRegistry : registry,
      settings,
      pools,
      workerId: name,
    };
  }

  #indexLag(): Ms {
    const isBehind = this.#options.faults.draw('index', 'runs.query', ['stale']) !== undefined;
    return this.prng.between(0, isBehind ? indexLagMsMax : 100);
  }
}
