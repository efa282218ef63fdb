import { availableParallelism } from 'node:os';
import { attributeConsole } from '../attempts/console.ts';
import { type Composition, compose, workerIdOf } from '../compose/compose.ts';
import { composeInbox, tableEndpoint } from '../compose/inbox.ts';
import { registryOf } from '../compose/registry.ts';
import { countEvent } from '../compose/request-count.ts';
import { resultSender } from '../compose/result-sender.ts';
import { type Env, envNames, required } from '../config/env.ts';
import { defaultPool, readPools } from '../config/pools.ts';
import { readSettings, settingVariable } from '../config/settings.ts';
import type { TaskExecutor } from '../define/task-executor.ts';
import { threadsFor } from '../isolation/threads-for.ts';
import { loadTaskModule, type TaskModule, taskModuleUrl } from '../local/task-module.ts';
import type { Duration } from '../model/duration.ts';
import { HoldfastError } from '../model/errors.ts';
import { withoutSpan } from '../trace/spans.ts';
import { WorkerHandle } from './handle.ts';
import { serve, type Told } from './serve.ts';
import { attributeStrayErrors } from './stray-errors.ts';

export interface WorkerOptions {
  /** Default: the process's environment. */
  readonly env?: Env;
  /** Take precedence over HOLDFAST_<NAME> in the environment. */
  readonly settings?: NonNullable<Parameters<typeof readSettings>[1]>;
  /** Runs the tasks that the module only declares. Without it they are left to other workers. */
  readonly executor?: TaskExecutor;
}

/** What the builder has collected. */
interface Chosen extends WorkerOptions {
  readonly id?: string;
  readonly pool?: string;
}

const idLengthMax = 128;

/**
 * A worker process of your own: it long-polls the queue of its pool and runs what comes by the protocol that Lambda uses.
 * Immutable: each method gives another worker, which `spawn` starts, once or several times.
 *
 * ```ts
 * await using worker = new Worker(tasks).pool('default').maxParallel(4).spawn();
 * await worker.join();
 * ```
 */
export class Worker {
  readonly #tasks: string | URL | TaskModule;
  readonly #chosen: Chosen;

  /**
   * @param tasks the module whose tasks and workflows it runs: the module itself, or the path or file URL of one
   * @throws HoldfastError `InvalidSetting`, `MissingSetting`
   */
  constructor(tasks: string | URL | TaskModule, options: WorkerOptions = {}) {
    this.#tasks = tasks;
    this.#chosen = options;
    checked(options);
  }

  /**
   * What it is called among the workers. Default: `{hostname}-{pid}`; several in one process need names of their own.
   *
   * @throws HoldfastError `InvalidSetting` for none, or one longer than 128 characters
   */
  id(id: string): Worker {
    return this.#with({ id });
  }

  /** Whose tasks it runs. Default: HOLDFAST_POOL, else `default`. @throws HoldfastError `InvalidSetting` for one that is not there */
  pool(pool: string): Worker {
    return this.#with({ pool });
  }

  /** Tasks at a time, 1 to 1000. Default: the number of cores. @throws HoldfastError `InvalidSetting` */
  maxParallel(maxParallel: number): Worker {
    return this.#with({ settings: { ...this.#chosen.settings, maxParallel } });
  }

  /**
   * Messages that it asks for at a time, 1 to 10; never more than it has room for. Default 1: then several workers share
   * what there is evenly. @throws HoldfastError `InvalidSetting`
   */
  batchSize(batchSize: number): Worker {
    return this.#with({ settings: { ...this.#chosen.settings, batchSize } });
  }

  /**
   * How long it waits, from asking, before it asks again an empty or unreachable queue, 100ms to 20s. Default `'1s'`. The
   * one queue of a pool without lanes is long-polled. @throws HoldfastError `InvalidSetting`
   */
  pollInterval(pollInterval: Duration): Worker {
    return this.#with({ settings: { ...this.#chosen.settings, pollInterval } });
  }

  /** How long running tasks may go on once it is to end. Default `'20s'`. @throws HoldfastError `InvalidSetting` */
  drain(drain: Duration): Worker {
    return this.#with({ settings: { ...this.#chosen.settings, drain } });
  }

  /** How long it tries to reach its table and queue at the start. Default `'30s'`. @throws HoldfastError `InvalidSetting` */
  connectTimeout(connectTimeout: Duration): Worker {
    return this.#with({ settings: { ...this.#chosen.settings, connectTimeout } });
  }

  /** Starts it. What cannot be begun ends it: see `ready` and `join` of the handle. */
  spawn(): WorkerHandle {
    const { env, id, pool, settings } = checked(this.#chosen);
    const composition = compose(env, settings);
    const ready = Promise.withResolvers<void>();
    const stop = new AbortController();
    const abort = new AbortController();
    const told = { stop: stop.signal, abort: abort.signal, onReady: ready.resolve };
    const ended = withoutSpan(() => this.#run(composition, { env, id, pool }, told));
    const early = new HoldfastError('ShuttingDown', `The worker ${id} was shut down before it was ready`);
    ended.then(() => ready.reject(early), ready.reject);
    ready.promise.catch(() => {}); // whoever awaits it, or joins, is told
    return new WorkerHandle({
      id,
      ready: ready.promise,
      ended,
      stop,
      abort,
      handles: 0,
      isDeathKnown: false,
    });
  }

  async #run(
    composition: Composition,
    { env, id, pool }: { env: Env; id: string; pool: string },
    told: Told,
  ): Promise<void> {
    const url = moduleUrl(this.#tasks);
    const module = url ? await loadTaskModule(url) : (this.#tasks as TaskModule);
    const registry = registryOf(module, composition.settings, {
      storedCode: url ? { importsFrom: url } : {},
      delivery: { sender: resultSender(env, composition), clock: composition.clock },
    });
    const threads = threadsFor(registry, url && { tasks: url }, composition.settings);
    attributeStrayErrors();
    attributeConsole();
    const inbox = composeInbox(env, composition);
    const { executor } = this.#chosen;
    const ports = { ...composition, ...inbox, registry, threads, executor, workerId: id };
    const onDuplicate = () => countEvent('duplicate');
    try {
      await serve(ports, { pool, endpoint: tableEndpoint(env), onDuplicate }, told);
    } finally {
      inbox.close();
      await threads?.close();
    }
  }

  #with(more: Chosen): Worker {
    return new Worker(this.#tasks, { ...this.#chosen, ...more });
  }
}

/** @throws HoldfastError `InvalidSetting`, `MissingSetting` */
function checked({ env = process.env, id = workerIdOf(env), pool, settings }: Chosen) {
  if (id === '' || id.length > idLengthMax) {
    throw new HoldfastError('InvalidSetting', `id must be a text of 1 to ${idLengthMax} characters`, {
      field: 'id',
    });
  }
  required(env, envNames.table);
  const own = pool ?? (env[envNames.pool] || defaultPool);
  const pools = Object.keys(readPools(env));
  if (!pools.includes(own)) {
    throw new HoldfastError('InvalidSetting', `There is no pool named ${JSON.stringify(own)}`, {
      field: 'pool',
      hint: `Choose one of those that ${envNames.pools} names: ${pools.join(', ')}.`,
    });
  }
  const isSet = Boolean(env[settingVariable('maxParallel')]);
  const given = { ...(!isSet && { maxParallel: availableParallelism() }), ...settings };
  readSettings(env, given);
  return { env, id, pool: own, settings: given };
}

const moduleUrl = (tasks: string | URL | TaskModule): URL | undefined =>
  typeof tasks === 'string' || tasks instanceof URL ? taskModuleUrl(tasks) : undefined;
