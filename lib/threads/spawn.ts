import { type Duration, parseDuration } from '../model/duration.ts';
import { HoldfastError } from '../model/errors.ts';
import { CancellationError, CapturedVariable, TimeoutError } from './errors.ts';
import { getPool } from './pool.ts';
import { threadEnded } from './thread-ended.ts';
import { type Answer, receiveError, type SentError, type Target } from './wire.ts';

export interface SpawnOptions {
  /** Measures the execution, not the wait for a thread. Default: none. */
  readonly timeout?: Duration;
  /** Shown in messages. Default: the function's own name. */
  readonly name?: string;
  /** Cancels when it fires. */
  readonly signal?: AbortSignal;
}

/** What a module exports under a name, to be run on a thread. */
export interface ModuleExport<Code extends AnyFunction = AnyFunction> {
  readonly url: string;
  readonly export: string;
  readonly code?: Code;
}

// biome-ignore lint/suspicious/noExplicitAny: only `any` takes functions of any parameters
type AnyFunction = (...args: any[]) => unknown;
type Work = AnyFunction | ModuleExport;
type CodeOf<W extends Work> = W extends ModuleExport<infer Code> ? Code : W extends AnyFunction ? W : never;
type Arguments<W extends Work> = Parameters<CodeOf<W>>;
type Result<W extends Work> = Awaited<ReturnType<CodeOf<W>>>;

/** The promise of a result that can be given up. */
export interface Spawned<T> extends Promise<T> {
  readonly name: string;
  /** Ends the work, if it has not ended: false then, and nothing happens. The promise rejects with CancellationError. */
  cancel(reason?: string): boolean;
}

/** The calls that have not ended. */
const open = new Set<Call>();

/**
 * Runs a function on a thread. It is sent as its text: what it uses comes in `args`, which are cloned, as the result is.
 *
 * Rejects with what the function throws (class name, message, cause and stack are kept), with TimeoutError,
 * CancellationError, or CapturedVariable for a variable from outside of the function.
 *
 * @throws HoldfastError `InvalidDuration`, `InvalidArgument`
 */
export function spawn<W extends Work>(
  work: W,
  args: Readonly<Arguments<W>>,
  options: SpawnOptions = {},
): Spawned<Result<W>> {
  const limitMs = options.timeout === undefined ? undefined : parseDuration(options.timeout, 'timeout');
  const target = targetOf(work);
  const name = options.name ?? nameOf(work);
  const call = new Call(name, limitMs, options.signal);
  const promise = call.run(target, args);
  return Object.assign(promise, { name, cancel: (reason?: string) => call.cancel(reason) }) as Spawned<
    Result<W>
  >;
}

/** The function that a module exports under a name. The module is loaded once by each thread. */
export function moduleExport<Code extends AnyFunction = AnyFunction>(
  url: string | URL,
  name: string,
): ModuleExport<Code> {
  return { url: String(url), export: name };
}

type Calling<W extends Work> = readonly [work: W, args: Readonly<Arguments<W>>, options?: SpawnOptions];
type Results<All extends readonly Work[]> = { -readonly [I in keyof All]: Result<All[I]> };

/**
 * Runs all side by side; the results are in the order of the calls. The first error cancels the others and is what the
 * promise rejects with.
 */
export function spawnAll<const All extends readonly Work[]>(
  calls: readonly [...{ [I in keyof All]: Calling<All[I]> }],
): Spawned<Results<All>> {
  const spawned: Spawned<unknown>[] = [];
  const cancelOthers = () => {
    for (const each of spawned) each.cancel('another one of them failed');
  };
  try {
    for (const [work, args, options] of calls) spawned.push(spawn(work, args as never, options));
  } catch (error) {
    for (const each of spawned) each.catch(() => {}); // nobody gets them
    cancelOthers();
    throw error;
  }
  const all = Promise.all(spawned).catch((error: unknown) => {
    cancelOthers();
    throw error;
  });
  const cancel = (reason?: string) => spawned.map((each) => each.cancel(reason)).some((ended) => ended);
  return Object.assign(all, { name: 'spawnAll', cancel }) as unknown as Spawned<Results<All>>;
}

/** Cancels everything that has been spawned and has not ended; returns how many that were. */
export function cancelAll(reason?: string): number {
  return [...open].filter((call) => call.cancel(reason)).length;
}

function nameOf(work: Work): string {
  return typeof work === 'function' ? work.name || 'function' : work.export;
}

function targetOf(work: Work): Target {
  if (typeof work === 'function') return { kind: 'text', text: textOf(work) };
  if (work && typeof work.url === 'string' && typeof work.export === 'string')
    return { kind: 'export', url: work.url, name: work.export };
  throw new HoldfastError('InvalidArgument', 'spawn takes a function, or a moduleExport', { field: 'work' });
}

function textOf(work: AnyFunction): string {
  const text = Function.prototype.toString.call(work);
  if (!/\{\s*\[native code\]\s*\}$/.test(text)) return text;
  throw new HoldfastError('InvalidArgument', `${nameOf(work)} has no text: it is built in, or bound`, {
    field: 'work',
    hint: 'Give spawn a function that calls it: (a, b) => Math.max(a, b).',
  });
}

/** One call, from its beginning to whatever ends it first. */
class Call {
  readonly #name: string;
  readonly #limitMs: number | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #outcome = Promise.withResolvers<unknown>();
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #end: () => void = () => {};

  constructor(name: string, limitMs: number | undefined, signal: AbortSignal | undefined) {
    this.#name = name;
    this.#limitMs = limitMs;
    this.#signal = signal;
    open.add(this);
  }

  run(target: Target, args: readonly unknown[]): Promise<unknown> {
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (this.#signal?.aborted) this.#onAbort();
    if (this.#limitMs === 0) this.#timeOut();
    if (!this.#isOver) this.#start(target, args);
    return this.#outcome.promise;
  }

  cancel(reason?: string): boolean {
    return this.#stop(new CancellationError(`${this.#name} was cancelled${reason ? `: ${reason}` : ''}`));
  }

  #start(target: Target, args: readonly unknown[]): void {
    const limitMs = this.#limitMs;
    const onStart = () => {
      if (!this.#isOver) this.#timer = setTimeout(() => this.#timeOut(), limitMs);
    };
    const running = getPool().run(target, args, limitMs === undefined ? undefined : onStart);
    this.#end = running.end;
    running.answer.then(
      (answer) => {
        if (this.#finish()) this.#settle(answer);
      },
      (error: unknown) => {
        if (this.#finish()) this.#outcome.reject(threadEnded(this.#name, error));
      },
    );
  }

  readonly #onAbort = (): void => {
    this.cancel(reasonOf(this.#signal));
  };

  #timeOut(): void {
    this.#stop(new TimeoutError(this.#name, this.#limitMs ?? 0));
  }

  #stop(error: Error): boolean {
    if (!this.#finish()) return false;
    this.#outcome.reject(error);
    this.#end();
    return true;
  }

  /** @returns whether it was open until now */
  #finish(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    open.delete(this);
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }

  #settle(answer: Answer): void {
    const { reject, resolve } = this.#outcome;
    if ('value' in answer) resolve(answer.value);
    else if ('thrown' in answer) reject(answer.thrown);
    else reject(this.#errorOf(answer.error));
  }

  #errorOf(sent: SentError): Error {
    const error = receiveError(sent);
    return sent.captured === undefined ? error : new CapturedVariable(this.#name, sent.captured, error);
  }
}

function reasonOf(signal: AbortSignal | undefined): string | undefined {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason.message : undefined;
}
