import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import workerpool from 'workerpool';
import { HoldfastError } from '../model/errors.ts';
import type { Ms } from '../model/time.ts';
import { AdoptedThreads, Unsent } from './adopt.ts';
import { poolInUse } from './errors.ts';
import { heapLimits, memoryLookMs } from './memory.ts';
import { type Answer, isStray, type Target } from './wire.ts';

export interface PoolOptions {
  /** Threads at the most, 1 to 1,024. Default: the cores that this process may use. */
  readonly maxWorkers?: number;
}

/** Ends a busy thread: it is asked first, and has no ears. */
const terminateAfterMs: Ms = 1;
const maxWorkersMax = 1_024;
const spawnScript = new URL(`./thread${import.meta.url.slice(-3)}`, import.meta.url);

/** What the threads of a pool execute. */
export interface ThreadScript {
  /** Default: what `spawn` sends there. */
  readonly script?: URL;
  readonly workerData?: unknown;
  /** How much of a heap the code of one thread may take, in MiB. Default: what Node gives it. */
  readonly memoryMib?: number;
}

interface CallOptions {
  readonly on?: (payload: unknown) => void;
  readonly transfer?: object[];
}

/** One running call, as the pool sees it. */
export interface Running {
  readonly answer: Promise<Answer>;
  /** Ends the thread, if the call has begun. */
  end(): void;
}

/**
 * The threads of this process. They start with the first work for them; idle ones do not keep the process alive.
 *
 * ```
 * unused ──configure──▶ unused ──first work──▶ in use ──close──▶ unused
 * ```
 */
export class ThreadPool {
  readonly size: number;
  readonly #pool: workerpool.Pool;
  readonly #threads: AdoptedThreads;
  #names = 0;
  #active = 0;
  /** Idle threads are not to keep the process alive, working ones are. */
  readonly #alive = setInterval(() => {}, 2 ** 30).unref();
  readonly #memoryMib: number | undefined;
  #looking: NodeJS.Timeout | undefined;

  constructor(size: number, { memoryMib, script = spawnScript, workerData }: ThreadScript = {}) {
    this.size = size;
    this.#memoryMib = memoryMib;
    const limits = memoryMib === undefined ? {} : { resourceLimits: heapLimits(memoryMib) };
    this.#pool = workerpool.pool(fileURLToPath(script), {
      workerType: 'thread',
      maxWorkers: size,
      workerTerminateTimeout: terminateAfterMs,
      onCreateWorker: () => {
        // It is among the others once this returns.
        queueMicrotask(() => this.#threads.adopt());
        return { workerThreadOpts: { name: `holdfast-${++this.#names}`, workerData, ...limits } };
      },
    });
    this.#threads = new AdoptedThreads(this.#pool);
  }

  /** Calls that have begun or wait for a thread. */
  get active(): number {
    return this.#active;
  }

  /** Threads that are there. */
  get threads(): number {
    return this.#pool.stats().totalWorkers;
  }

  /** @param onStart is called when the work itself begins, if given */
  run(target: Target, args: readonly unknown[], onStart?: () => void): Running {
    return this.call('run', [target, args, onStart !== undefined], { on: () => onStart?.() });
  }

  /** Calls a method of the script. */
  call(method: string, args: unknown[], options: CallOptions = {}): Running {
    let stray: Answer | undefined;
    const on = (payload: unknown) => {
      if (isStray(payload)) stray = payload.stray as Answer;
      else options.on?.(payload);
    };
    const call = this.#pool.exec(method, args, { ...options, on });
    if (this.#active++ === 0) this.#wake();
    const answer = new Promise<Answer>((resolve, reject) => {
      const ended = () => {
        if (--this.#active === 0) this.#rest();
      };
      call.then(
        (value: Answer | Unsent) => {
          ended();
          if (value instanceof Unsent) reject(value.error);
          else resolve(value);
        },
        (error) => {
          ended();
          if (stray) resolve(stray);
          else reject(error);
        },
      );
    });
    const end = () => {
      this.#threads.replaceEnded();
      call.cancel();
    };
    return { answer, end };
  }

  #wake(): void {
    this.#alive.ref();
    const memoryMib = this.#memoryMib;
    if (memoryMib === undefined) return;
    this.#looking = setInterval(() => this.#threads.limitMemory(memoryMib), memoryLookMs).unref();
  }

  #rest(): void {
    this.#alive.unref();
    clearInterval(this.#looking);
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    clearInterval(this.#alive);
    clearInterval(this.#looking);
    await this.#pool.terminate(true);
  }
}

let configured: Required<PoolOptions> = { maxWorkers: availableParallelism() };
let pool: ThreadPool | undefined;

/** @throws HoldfastError `PoolInUse` once the pool is in use, `InvalidArgument` */
export function configurePool({ maxWorkers = availableParallelism() }: PoolOptions): void {
  if (!Number.isInteger(maxWorkers) || maxWorkers < 1 || maxWorkers > maxWorkersMax) {
    throw new HoldfastError(
      'InvalidArgument',
      `maxWorkers must be a whole number from 1 to ${maxWorkersMax}`,
      {
        field: 'maxWorkers',
      },
    );
  }
  if (pool) throw poolInUse();
  configured = { maxWorkers };
}

/** The one pool of this process. */
export function getPool(): ThreadPool {
  pool ??= new ThreadPool(configured.maxWorkers);
  return pool;
}

/** Ends all threads; the next work starts new ones, and until then the pool can be configured again. */
export async function closePool(): Promise<void> {
  const closing = pool;
  pool = undefined;
  await closing?.close();
}
