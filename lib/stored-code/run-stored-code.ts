import { Worker } from 'node:worker_threads';
import { noteTakerOf } from '../attempts/note-taker.ts';
import { memoryOf, resourcesOf } from '../attempts/resources.ts';
import type { Context } from '../define/context.ts';
import { receiveTaskError } from '../isolation/errors.ts';
import { HoldfastError } from '../model/errors.ts';
import { payloadBytesMax } from '../model/payload.ts';
import type { Ms } from '../model/time.ts';
import { ThreadEnded } from '../threads/errors.ts';
import { heapLimits, isTooMuch, memoryLookMs } from '../threads/memory.ts';
import { receiveError, type SentError } from '../threads/wire.ts';
import { harmlessBuiltins } from './builtins.ts';
import type { StoredCode } from './input.ts';
import { readMessage } from './read-message.ts';
import type { FromStoredCode, ThreadTask } from './wire.ts';

export interface StoredCodeOptions {
  /** What the thread executes: a file that calls `serveStoredCode`. Default: this package's own. */
  readonly entry?: URL | undefined;
  /** What one execution may take, in MiB. */
  readonly memoryMib: number;
  /** What may be imported besides the execution's own modules, and what only computes. */
  readonly imports: readonly string[];
  /** The module from which packages are looked for. Default: this one. */
  readonly importsFrom?: URL | undefined;
}

const ownEntry = new URL(`./thread${import.meta.url.slice(-3)}`, import.meta.url);
const lastLookMs: Ms = 100;
const stuckMs: Ms = 5_000;
/** More than honest code can send: its lines are limited where it runs, and its variables are few. */
const messagesMax = 20_000;

/**
 * Executes stored code on a thread of its own, which has no environment variables, and is ended with the result, the
 * timeout or the cancel, or when it takes more memory than it may.
 *
 * Rejects with what the code throws, with ThreadEnded, with the reason of the signal, or with HoldfastError
 * `FunctionNotFound`, `ImportNotAllowed`, `NotSerializable`, `OutputTooLarge`.
 */
export async function runStoredCode(
  stored: StoredCode,
  ctx: Context,
  options: StoredCodeOptions,
): Promise<unknown> {
  ctx.signal.throwIfAborted();
  const thread = new StoredCodeThread(stored, ctx, options);
  try {
    return await thread.result;
  } finally {
    await thread.end();
  }
}

class StoredCodeThread {
  readonly result: Promise<unknown>;
  readonly #worker: Worker;
  readonly #ctx: Context;
  readonly #name: string;
  readonly #memoryMib: number;
  readonly #settle: PromiseWithResolvers<unknown>;
  readonly #looking: NodeJS.Timeout;
  readonly #onAbort = () => this.#settle.reject(this.#ctx.signal.reason);
  #messages = 0;
  #peak = 0;
  #cpu = { user: 0, system: 0 };

  constructor(
    stored: StoredCode,
    ctx: Context,
    { entry = ownEntry, imports, importsFrom, memoryMib }: StoredCodeOptions,
  ) {
    this.#ctx = ctx;
    this.#memoryMib = memoryMib;
    this.#name = `stored code ${stored.filePath}`;
    this.#settle = Promise.withResolvers();
    this.result = this.#settle.promise;
    const workerData: ThreadTask = {
      ...stored,
      about: {
        ...ctx.execution,
        executionId: ctx.runId,
        organization: ctx.tenant,
        attempt: ctx.attempt,
      },
      imports: [...harmlessBuiltins, ...imports],
      importsFrom: (importsFrom ?? import.meta.url).toString(),
    };
    this.#worker = new Worker(entry, {
      workerData,
      name: 'stored-code',
      env: {},
      argv: [],
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: {
        ...heapLimits(memoryMib),
        maxYoungGenerationSizeMb: Math.max(1, Math.floor(memoryMib / 8)),
      },
    });
    // What is written there is nobody's: console is a log of its own.
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.on('message', (sent) => this.#receive(sent));
    this.#worker.on('messageerror', (error) => this.#settle.reject(error));
    this.#worker.on('error', (thrown: unknown) => this.#settle.reject(this.#failureOf(thrown)));
    this.#worker.on('exit', (code) =>
      this.#settle.reject(new ThreadEnded(this.#name, howEnded(code), undefined)),
    );
    ctx.signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#looking = setInterval(() => void this.#look(), memoryLookMs);
  }

  /** Ends the thread. Nobody waits for one that cannot be ended. */
  async end(): Promise<void> {
    clearInterval(this.#looking);
    this.#ctx.signal.removeEventListener('abort', this.#onAbort);
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, lastLookMs);
    await Promise.race([this.#look(), patience.promise]);
    clearTimeout(timer);
    noteTakerOf(this.#ctx)?.setResources(resourcesOf(this.#cpu, this.#peak));
    this.#worker.removeAllListeners();
    this.#worker.on('error', () => {});
    const stuck = setTimeout(() => this.#tellStuck(), stuckMs).unref();
    void this.#worker.terminate().then(() => clearTimeout(stuck));
  }

  /** V8 cannot interrupt everything: long native work, and some loops that it has optimized. */
  #tellStuck(): void {
    this.#ctx.logger.error(
      'the thread of stored code cannot be ended: it takes a core until this process ends',
    );
  }

  /** Heap and buffers: the limits of the thread itself know of the heap only, and V8 heeds them too late. */
  async #look(): Promise<void> {
    try {
      const [heap, cpu] = await Promise.all([this.#worker.getHeapStatistics(), this.#worker.cpuUsage()]);
      this.#peak = Math.max(this.#peak, memoryOf(heap));
      this.#cpu = cpu;
      if (isTooMuch(memoryOf(heap), this.#memoryMib)) this.#settle.reject(this.#outOfMemory());
    } catch {
      // The thread has ended: what was seen last has to do.
    }
  }

  #receive(sent: unknown): void {
    this.#messages += 1;
    const message = readMessage(sent);
    if (!message || this.#messages > messagesMax) {
      this.#settle.reject(new ThreadEnded(this.#name, 'it sent what is no message, or too much', undefined));
      return;
    }
    try {
      this.#heed(message);
    } catch (error) {
      this.#settle.reject(error);
    }
  }

  #heed(message: FromStoredCode): void {
    switch (message.type) {
      case 'log':
        this.#log(message);
        break;
      case 'variable':
        this.#ctx.setVariable(message.name, message.value);
        break;
      case 'result':
        this.#settle.resolve(parsed(message.text));
        break;
      case 'thrown':
        this.#settle.reject(message.text);
        break;
      case 'error':
        this.#settle.reject(errorOf(message.error));
    }
  }

  /** What it writes by console is kept with the attempt, and is no line of the worker's own log. */
  #log({ isConsole, level, message }: Extract<FromStoredCode, { type: 'log' }>): void {
    if (isConsole) noteTakerOf(this.#ctx)?.console(level, message);
    else this.#ctx.logger[level](message);
  }

  /** Anything may be thrown there, and comes here as it is. */
  #failureOf(thrown: unknown): unknown {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    return code === 'ERR_WORKER_OUT_OF_MEMORY' ? this.#outOfMemory(thrown) : thrown;
  }

  #outOfMemory(cause?: unknown): Error {
    return new ThreadEnded(this.#name, 'its memory ran out', cause);
  }
}

/** https://nodejs.org/api/process.html#exit-codes */
const unsettled = 13;

const howEnded = (code: number): string =>
  code === unsettled ? 'it waits for what can never come' : `exit code ${code}`;

/** What `serveStoredCode` itself refuses. Any other code of ours would be one that the stored code made up. */
const ownCodes: ReadonlySet<unknown> = new Set([
  'FunctionNotFound',
  'ImportNotAllowed',
  'InvalidName',
  'NotSerializable',
  'OutputTooLarge',
  'PayloadTooLarge',
]);

const errorOf = (sent: SentError): Error =>
  ownCodes.has(sent.code) ? receiveTaskError(sent) : receiveError(sent);

/** Its size is seen before it is read. @throws HoldfastError `OutputTooLarge`, `NotSerializable` */
function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  if (text.length > payloadBytesMax) {
    throw new HoldfastError('OutputTooLarge', `output has more than ${payloadBytesMax} bytes as JSON`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HoldfastError('NotSerializable', 'output is no JSON', { cause });
  }
}
