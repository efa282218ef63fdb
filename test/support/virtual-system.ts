import type { Client } from '../../lib/client/client.ts';
import { directClient } from '../../lib/client/direct-client.ts';
import { defaultPool, type Pools } from '../../lib/config/pools.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { Registry } from '../../lib/define/registry.ts';
import { type DiscoveryReport, discover } from '../../lib/discovery/discover.ts';
import { runId, tenantId } from '../../lib/model/ids.ts';
import type { Dispatch, DispatchMessage } from '../../lib/model/message.ts';
import type { Run } from '../../lib/model/run.ts';
import { soleNode } from '../../lib/model/run.ts';
import type { Logger } from '../../lib/ports/logger.ts';
import type { RunStore } from '../../lib/ports/run-store.ts';
import { deliveryTask, type ResultSender } from '../../lib/result-delivery/task.ts';
import { MemoryLimitStore } from '../../lib/testing/memory-limit-store.ts';
import { MemoryQueue } from '../../lib/testing/memory-queue.ts';
import {
  MemoryAttemptStore,
  MemoryDefinitionStore,
  MemoryHistoryStore,
  MemoryPayloadStore,
  MemoryResultCache,
  MemoryRunStore,
  MemoryWorkerRegistry,
} from '../../lib/testing/memory-stores.ts';
import { VirtualClock } from '../../lib/testing/virtual-clock.ts';
import type { Delivery, Verdict } from '../../lib/worker/delivery.ts';
import { Executor } from '../../lib/worker/executor.ts';
import { Statistics } from '../../lib/worker/statistics.ts';

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const pools: Pools = { [defaultPool]: { tags: [], lanes: { normal: 'http://127.0.0.1/queue' } } };

const deliveryQueues = new Map(['results', 'others'].map((name) => [name, `http://127.0.0.1/${name}`]));

/** Client, executors and discovery on in-memory adapters, under a clock that the test advances. */
export class VirtualSystem {
  readonly clock = new VirtualClock();
  readonly runs = new MemoryRunStore();
  readonly payloads = new MemoryPayloadStore();
  readonly attempts = new MemoryAttemptStore();
  readonly history = new MemoryHistoryStore();
  readonly definitions = new MemoryDefinitionStore();
  readonly cache = new MemoryResultCache();
  readonly limits = new MemoryLimitStore();
  readonly workers = new MemoryWorkerRegistry();
  readonly queue = new MemoryQueue();
  readonly log: LogLine[] = [];
  readonly settings: ReturnType<typeof readSettings>;
  readonly registry: Registry;
  readonly client: Client;
  #ids = 1;
  /** What random fractions are, until the test says otherwise. */
  fraction = 0.5;

  /** @param results gets the results that are delivered; its queues are `results` and `others` */
  constructor(
    tasks: Record<string, unknown>,
    given: Parameters<typeof readSettings>[1] = {},
    results?: ResultSender,
  ) {
    this.settings = readSettings({}, given);
    this.registry = Registry.fromModule(tasks, results && [deliveryTask(results, this.clock)]);
    this.client = directClient({ ...this.ports(), pools });
  }

  ports(workerId = 'worker-1', runs: RunStore = this.runs) {
    return {
      clock: this.clock,
      random: { fraction: () => this.fraction, id: () => `id-${this.#ids++}` },
      logger: this.#logger({}),
      runs,
      payloads: this.payloads,
      attempts: this.attempts,
      history: this.history,
      definitions: this.definitions,
      cache: this.cache,
      limits: this.limits,
      workers: this.workers,
      queue: this.queue,
      poolQueues: this.queue,
      registry: this.registry,
      settings: this.settings,
      pools,
      deliveryQueues,
      workerId,
    };
  }

  executor(workerId = 'worker-1', runs: RunStore = this.runs): Executor {
    return new Executor(this.ports(workerId, runs), new Statistics());
  }

  delivery(message: DispatchMessage, over: Partial<Delivery> = {}): Delivery {
    const receipt = { queueUrl: 'http://127.0.0.1/queue', handle: 'handle' };
    return { message, receipt, endsAt: Number.POSITIVE_INFINITY, marginMs: 0, ...over };
  }

  /** Executes the oldest message that was sent, whatever its delay. */
  async executeNext(executor = this.executor(), over: Partial<Delivery> = {}): Promise<Verdict> {
    return executor.execute(this.delivery(this.takeMessage(), over));
  }

  takeMessage(): DispatchMessage {
    const [first] = this.queue.sent.splice(0, 1);
    if (!first) throw new Error('no message was sent');
    return first.message;
  }

  discover(): Promise<DiscoveryReport> {
    return discover({ ...this.ports(), pools });
  }

  /** Delivers everything that was sent and comes due, until the run ends or `rounds` are over. */
  async drive(rounds = 20): Promise<void> {
    for (let round = 0; round < rounds && this.queue.sent.length > 0; round += 1) {
      for (const dispatch of this.queue.drain()) await this.#deliver(dispatch);
    }
  }

  async #deliver(dispatch: Dispatch): Promise<void> {
    await this.clock.advance(dispatch.delayMs);
    await this.executor().execute(this.delivery(dispatch.message));
  }

  async stored(id: string): Promise<Run> {
    const run = await this.runs.get({ tenant: tenantId('-'), run: runId(id) });
    if (!run) throw new Error(`no run ${id}`);
    return run;
  }

  async node(id: string) {
    const node = (await this.stored(id)).nodes[soleNode];
    if (!node) throw new Error(`run ${id} has no node`);
    return node;
  }

  logged(message: string): LogLine[] {
    return this.log.filter((line) => line.message.includes(message));
  }

  #logger(fixed: Readonly<Record<string, unknown>>): Logger {
    const at =
      (level: string) =>
      (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
        this.log.push({ level, message, fields: { ...fixed, ...fields } });
      };
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => this.#logger({ ...fixed, ...fields }),
    };
  }
}

/** A promise that the test settles. */
export function deferred<T>() {
  return Promise.withResolvers<T>();
}
