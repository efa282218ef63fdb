import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type Env, envNames } from '../config/env.ts';
import type { Ms } from '../model/time.ts';
import type {
  EnvironmentMessage,
  ErrorReport,
  InvokeMessage,
  RequestCounts,
} from './environment-protocol.ts';
import { InvocationFailed, timedOut } from './lambda-function.ts';
import { nodeConditions, sourceExtension } from './paths.ts';

export interface EnvironmentOptions {
  readonly functionName: string;
  /** The file that exports `handler`. */
  readonly handler: URL;
  /** The tasks module that the handler's file imports as `#tasks`. */
  readonly tasks?: URL;
  /** All of the environment's variables. */
  readonly env: Env;
  readonly timeoutMs: Ms;
}

interface Invocation {
  readonly requestId: string;
  readonly resolve: (response: unknown) => void;
  readonly reject: (error: InvocationFailed) => void;
}

/** How long importing the handler may take: generous, since many start at once on a small machine. */
const initMsMax = 60_000;
const closeMsMax = 1_000;

/**
 * A Lambda execution environment: a process that imported a handler and answers one event at a time.
 *
 *     starting ──ready──▶ idle ──invoke──▶ busy ──answer──▶ idle
 *        └──────── exit, kill, timeout, close ────────┴──▶ dead
 *
 * It ends with this process, however that ends.
 */
export class Environment {
  /** Resolves when it can take an event. Rejects with InvocationFailed when it cannot start. */
  readonly ready: Promise<void>;
  readonly #options: EnvironmentOptions;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #current: Invocation | undefined;
  #counts: RequestCounts = {};
  #alive = true;

  constructor(options: EnvironmentOptions) {
    this.#options = options;
    const { functionName, handler, tasks, env } = options;
    const main = new URL(`./environment-main${sourceExtension}`, import.meta.url);
    this.#child = fork(main, [functionName, handler.href, ...(tasks ? [tasks.href] : [])], {
      env: { ...env, ...(tasks && { [envNames.tasksUrl]: tasks.href }) },
      execArgv: [...nodeConditions, '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'],
      // Both outputs go to our standard error: standard output belongs to the program around the runtime.
      stdio: ['ignore', 2, 2, 'ipc', 'pipe'],
    });
    this.#exited = once(this.#child, 'exit').catch(() => {});
    this.ready = this.#start();
    this.ready.catch(() => {}); // whoever invokes hears of it
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Requests that the process had sent when it answered last. */
  get requestCounts(): RequestCounts {
    return this.#counts;
  }

  /** @throws InvocationFailed when the handler throws, runs out of time, or the process ends. */
  async invoke(event: unknown): Promise<unknown> {
    await this.ready;
    if (!this.#alive) throw exited(undefined, null, null);
    const requestId = crypto.randomUUID();
    const { timeoutMs } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#current = { requestId, resolve, reject };
    const timer = setTimeout(() => this.#kill(timedOut(requestId, timeoutMs)), timeoutMs);
    this.#send({ type: 'invoke', requestId, event, deadline: Date.now() + timeoutMs });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#current = undefined;
    }
  }

  /** Ends the process; an invocation under way fails. Resolves when it has ended. */
  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const patience = new AbortController();
    const killing = pause(closeMsMax, undefined, { signal: patience.signal }).then(
      () => this.#child.kill('SIGKILL'),
      () => {},
    );
    await this.#exited;
    patience.abort();
    await killing;
  }

  async #start(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#kill(new InvocationFailed('Sandbox.Timedout', `Init timed out after ${initMsMax} ms`), reject);
    }, initMsMax);
    this.#child.on('message', (message: EnvironmentMessage) => {
      if (message.type === 'ready') resolve();
      else if (message.type === 'init-failed') reject(failure(message.error));
      else this.#finish(message);
    });
    this.#child.on('error', (error) =>
      this.#end(new InvocationFailed('Runtime.ExitError', error.message), reject),
    );
    this.#child.on('exit', (code, signal) =>
      this.#end(exited(this.#current?.requestId, code, signal), reject),
    );
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #finish(message: Extract<EnvironmentMessage, { requestId: string }>): void {
    this.#counts = message.counts;
    if (message.requestId !== this.#current?.requestId) return;
    if (message.type === 'succeeded') this.#current.resolve(message.response);
    else this.#current.reject(failure(message.error));
  }

  #send(message: InvokeMessage): void {
    // A failure to send means that the process is ending: its exit fails the invocation.
    this.#child.send(message, () => {});
  }

  #kill(because: InvocationFailed, reject: (error: InvocationFailed) => void = () => {}): void {
    this.#child.kill('SIGKILL');
    this.#end(because, reject);
  }

  #end(because: InvocationFailed, reject: (error: InvocationFailed) => void): void {
    this.#alive = false;
    reject(because);
    this.#current?.reject(because);
  }
}

function failure({ errorType, errorMessage }: ErrorReport): InvocationFailed {
  return new InvocationFailed(errorType, errorMessage);
}

function exited(requestId: string | undefined, code: number | null, signal: string | null): InvocationFailed {
  const how = signal ? `signal: ${signal}` : `exit status ${code ?? 'unknown'}`;
  const prefix = requestId === undefined ? '' : `RequestId: ${requestId} `;
  return new InvocationFailed('Runtime.ExitError', `${prefix}Error: Runtime exited with error: ${how}`);
}
