import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '../define/context.ts';
import { HoldfastError } from '../model/errors.ts';
import { type StartedProgram, startProgram } from '../process/start-program.ts';
import { withLastWords } from './errors.ts';
import { Execution } from './execution.ts';
import { Lines } from './lines.ts';
import type { ExternalPlan } from './options.ts';
import {
  decode,
  encode,
  executeFields,
  type FromExecutor,
  type Hello,
  lineBytesMax,
  protocolVersion,
  type ToExecutor,
} from './wire.ts';

type OnEnd = (why: HoldfastError | undefined) => unknown;

const silentTicksMax = 3;
const drainMs = 500;
const saidBytesMax = 2_048;

/**
 * One process of an executor.
 *
 * ```
 * starting ──hello──▶ open ──a cancelled task does not end──▶ retiring ──no other task in hand──▶ closing ──▶ ended
 *    │                  ├──close────────────────────────────────────────────────────────────────▲
 *    └──────────────────┴──dies, is silent, breaks the protocol──▶ ended: what is in hand fails
 * ```
 */
export class Connection {
  readonly #plan: ExternalPlan;
  readonly #program: StartedProgram;
  readonly #onEnd: OnEnd;
  readonly #hello = Promise.withResolvers<Hello>();
  readonly #lines = new Lines(lineBytesMax);
  readonly #inHand = new Map<string, Execution>();
  /** Executions that nobody wants any longer, each with the timer that waits for it to end. */
  readonly #givenUp = new Map<string, NodeJS.Timeout>();
  #isGreeted = false;
  #tasks: ReadonlySet<string> = new Set();
  #ids = 0;
  #silentTicks = 0;
  #pulse: NodeJS.Timeout | undefined;
  #said: Buffer = Buffer.alloc(0);
  #state: 'open' | 'retiring' | 'closing' | 'ended' = 'open';

  /**
   * Starts a process and waits for its hello.
   *
   * @param onEnd is called once it takes no more executions; without a reason if that was meant
   * @param signal ends the start
   * @throws HoldfastError `ExternalNotStarted`
   */
  static async start(plan: ExternalPlan, onEnd: OnEnd, signal: AbortSignal): Promise<Connection> {
    const program = await startProgram(plan.program).catch((cause: unknown) => {
      const what = cause instanceof Error ? cause.message : String(cause);
      throw new HoldfastError('ExternalNotStarted', `${plan.name} could not be started: ${what}`, { cause });
    });
    const connection = new Connection(plan, program, onEnd);
    await connection.#welcome(signal);
    return connection;
  }

  private constructor(plan: ExternalPlan, program: StartedProgram, onEnd: OnEnd) {
    this.#plan = plan;
    this.#program = program;
    this.#onEnd = onEnd;
    this.#hello.promise.catch(() => {}); // #welcome looks
    const { stderr, stdout } = program.process;
    stdout.on('data', (chunk: Buffer) => this.#read(chunk));
    stderr.on('data', (chunk: Buffer) => this.#listen(chunk));
    void this.#watch();
  }

  /** Whether it takes executions. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Resolves when the process has ended. */
  get exited(): Promise<unknown> {
    return this.#program.exited;
  }

  /** The names of the tasks that it executes. */
  get tasks(): ReadonlySet<string> {
    return this.#tasks;
  }

  /**
   * @throws what the task throws there, the reason of the context's signal, or HoldfastError `ExternalEnded`,
   *   `ExternalSilent`, `ExternalProtocol`, `NotSerializable`
   */
  async execute(task: string, input: unknown, ctx: Context): Promise<unknown> {
    if (!this.isOpen) throw new HoldfastError('ExternalEnded', `${this.#plan.name} takes no more tasks`);
    const id = String(++this.#ids);
    const line = encode({ type: 'execute', id, ...executeFields(task, input, ctx) });
    const execution = new Execution(ctx);
    this.#inHand.set(id, execution);
    this.#keepAlive();
    this.#program.process.stdin.write(line);
    const onAbort = () => execution.giveUp(ctx.signal.reason);
    ctx.signal.addEventListener('abort', onAbort, { once: true });
    if (ctx.signal.aborted) onAbort();
    try {
      return await execution.outcome;
    } catch (reason) {
      if (!execution.isAnswered) this.#cancel(id, reason);
      throw reason;
    } finally {
      ctx.signal.removeEventListener('abort', onAbort);
      this.#inHand.delete(id);
      this.#rest();
    }
  }

  /** Lets the process end, and sees to it that it does. What it has in hand fails. */
  async close(): Promise<void> {
    if (this.#state !== 'ended') {
      this.#leave('closing');
      this.#program.process.stdin.end();
      await Promise.race([this.#program.exited, pause(this.#plan.killGraceMs, undefined, { ref: false })]);
    }
    await this.#program.end(this.#plan.killGraceMs);
  }

  async #welcome(signal: AbortSignal): Promise<void> {
    const giveUp = (what: string) => () => void this.#break(new HoldfastError('ExternalNotStarted', what));
    const late = setTimeout(giveUp(`it said no hello within ${this.#plan.startMs} ms`), this.#plan.startMs);
    const onAbort = giveUp('it was closed');
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      const { protocol, tasks } = await this.#hello.promise;
      this.#tasks = new Set(tasks.map(({ name }) => name));
      if (protocol !== protocolVersion) {
        const what = `it speaks version ${protocol} of the protocol, not ${protocolVersion}`;
        throw this.#break(new HoldfastError('ExternalNotStarted', what));
      }
    } catch (cause) {
      if (!(cause instanceof HoldfastError)) throw cause;
      await this.#program.end(this.#plan.killGraceMs);
      throw new HoldfastError('ExternalNotStarted', cause.message, { cause });
    } finally {
      clearTimeout(late);
      signal.removeEventListener('abort', onAbort);
      this.#rest();
    }
  }

  #read(chunk: Buffer): void {
    if (this.#state === 'ended') return;
    this.#silentTicks = 0;
    try {
      for (const line of this.#lines.take(chunk)) this.#take(decode(line));
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      this.#break(error);
    }
  }

  #take(message: FromExecutor): void {
    if (!this.#isGreeted && message.type !== 'hello')
      throw new HoldfastError('ExternalProtocol', `the first message is ${message.type}, not hello`);
    if (message.type === 'pong') return;
    if (message.type === 'hello') {
      this.#isGreeted = true;
      this.#hello.resolve(message);
      return;
    }
    // One that was given up, or was never there: nobody is waiting for it.
    this.#inHand.get(message.id)?.take(message);
    if (message.type === 'result' || message.type === 'error') this.#forget(message.id);
  }

  #send(message: ToExecutor): void {
    this.#program.process.stdin.write(encode(message));
  }

  #cancel(id: string, reason: unknown): void {
    if (this.#state === 'ended' || this.#state === 'closing') return;
    const { code = 'Cancelled', message = String(reason) } = reason instanceof HoldfastError ? reason : {};
    this.#send({ type: 'cancel', id, reason: { code, message } });
    const timer = setTimeout(() => this.#retire(), this.#plan.cancelGraceMs);
    this.#givenUp.set(id, timer);
  }

  #forget(id: string): void {
    clearTimeout(this.#givenUp.get(id));
    this.#givenUp.delete(id);
    this.#rest();
  }

  /** Something in it goes on though nobody wants it: it shall end with what it has in hand otherwise. */
  #retire(): void {
    if (this.#state === 'open') this.#leave('retiring');
    this.#rest();
  }

  /** Takes no more executions. */
  #leave(state: 'retiring' | 'closing' | 'ended', why?: HoldfastError): void {
    const wasOpen = this.#state === 'open';
    this.#state = state;
    if (wasOpen) this.#onEnd(why);
  }

  /** The process is gone, or must go. */
  #break(error: HoldfastError): HoldfastError {
    const why = withLastWords(error, this.#plan.name, this.#said.toString('utf8'));
    if (this.#state === 'ended') return why;
    this.#leave('ended', why);
    this.#hello.reject(why);
    for (const execution of this.#inHand.values()) execution.giveUp(why);
    for (const timer of this.#givenUp.values()) clearTimeout(timer);
    this.#givenUp.clear();
    this.#rest();
    void this.#program.end(this.#plan.killGraceMs);
    return why;
  }

  async #watch(): Promise<void> {
    const closed = once(this.#program.process, 'close');
    const { code, signal } = await this.#program.exited;
    // What it wrote last may still be on its way; what it started may hold its output open.
    await Promise.race([closed, pause(drainMs, undefined, { ref: false })]);
    const how = signal === null ? `exit code ${code}` : signal;
    this.#break(new HoldfastError('ExternalEnded', `the executor ended with ${how}`));
  }

  /** Shown where the worker's own log is, and kept for messages. */
  #listen(chunk: Buffer): void {
    process.stderr.write(chunk);
    this.#said = Buffer.concat([this.#said, chunk]).subarray(-saidBytesMax);
  }

  /** Only with something in hand does it keep this process alive, and is it asked for signs of life. */
  #keepAlive(): void {
    this.#hold(true);
    if (this.#pulse) return;
    this.#silentTicks = 0;
    this.#pulse = setInterval(() => this.#beat(), this.#plan.silenceMs / silentTicksMax);
  }

  #rest(): void {
    if (this.#inHand.size > 0) return;
    if (this.#state === 'retiring') void this.close();
    if (this.#givenUp.size > 0 && this.#state === 'open') return;
    clearInterval(this.#pulse);
    this.#pulse = undefined;
    this.#hold(false);
  }

  /** Counted in ticks, so that a worker that was frozen itself does not take that for the executor's silence. */
  #beat(): void {
    if (this.#silentTicks >= silentTicksMax) {
      const what = `the executor gave no sign of life for ${this.#plan.silenceMs} ms`;
      this.#break(new HoldfastError('ExternalSilent', what));
      return;
    }
    this.#silentTicks += 1;
    this.#send({ type: 'ping', id: String(++this.#ids) });
  }

  #hold(keepsAlive: boolean): void {
    const { stderr, stdin, stdout } = this.#program.process;
    const handles = [this.#program.process, stdin as Socket, stdout as Socket, stderr as Socket];
    for (const handle of handles) keepsAlive ? handle.ref() : handle.unref();
  }
}
