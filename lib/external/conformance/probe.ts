import { HoldfastError } from '../../model/errors.ts';
import type { Ms } from '../../model/time.ts';
import { type Exit, type StartedProgram, startProgram } from '../../process/start-program.ts';
import { Lines } from '../lines.ts';
import type { ExternalPlan } from '../options.ts';
import { decode, type FromExecutor, lineBytesMax } from '../wire.ts';

type OfType<Type extends FromExecutor['type']> = Extract<FromExecutor, { type: Type }>;

type Answer = OfType<'result'> | OfType<'error'>;
const isAnswer = (message: FromExecutor): message is Answer =>
  message.type === 'result' || message.type === 'error';

/** An executor under examination: everything it says is kept, anything can be said to it. */
export class Probe {
  readonly said: FromExecutor[] = [];
  readonly #program: StartedProgram;
  readonly #plan: ExternalPlan;
  readonly #patienceMs: Ms;
  #broken: unknown;
  #wake = Promise.withResolvers<void>();
  #ids = 0;

  static async start(plan: ExternalPlan, patienceMs: Ms): Promise<Probe> {
    return new Probe(await startProgram(plan.program), plan, patienceMs);
  }

  private constructor(program: StartedProgram, plan: ExternalPlan, patienceMs: Ms) {
    this.#program = program;
    this.#plan = plan;
    this.#patienceMs = patienceMs;
    const lines = new Lines(lineBytesMax);
    program.process.stderr.pipe(process.stderr, { end: false });
    program.process.stdout.on('data', (chunk: Buffer) => {
      try {
        for (const line of lines.take(chunk)) this.said.push(decode(line));
      } catch (error) {
        this.#broken ??= error;
      }
      this.#stir();
    });
    program.exited.then(({ code, signal }) => {
      this.#broken ??= new HoldfastError('ExternalEnded', `it ended with ${signal ?? `exit code ${code}`}`);
      this.#stir();
    });
  }

  /** Writes as it stands. */
  write(piece: string | Uint8Array): void {
    this.#program.process.stdin.write(piece);
  }

  send(message: object): void {
    this.write(`${JSON.stringify(message)}\n`);
  }

  /** @returns the execution's id */
  execute(task: string, input?: unknown, over: object = {}): string {
    const id = `check-${++this.#ids}`;
    this.send({ ...this.execution(id, task, input), ...over });
    return id;
  }

  /** What asks for an execution. */
  execution(id: string, task: string, input: unknown): Record<string, unknown> {
    return { type: 'execute', id, task: `conformance.${task}`, input, ...contextOf(id) };
  }

  /** The first message of a type, about an execution or ping, whenever it comes. @throws HoldfastError */
  async hear<Type extends FromExecutor['type']>(type: Type, id?: string): Promise<OfType<Type>> {
    const what = `${type}${id === undefined ? '' : ` of ${id}`}`;
    const found = await this.#until(`a message ${what}`, () => this.#find(type, id));
    return found as OfType<Type>;
  }

  /** How an execution ended. @throws HoldfastError */
  async answer(id: string): Promise<Answer> {
    return await this.#until(`an answer to ${id}`, () =>
      this.said.filter(isAnswer).find((each) => each.id === id),
    );
  }

  /** The output of an execution. @throws HoldfastError, also when it failed */
  async output(id: string): Promise<unknown> {
    const answer = await this.answer(id);
    if (answer.type === 'result') return answer.output ?? null;
    throw new HoldfastError(
      'ExternalProtocol',
      `${id} failed: ${answer.error.type}: ${answer.error.message}`,
    );
  }

  /** How many answers an execution has had so far. */
  answers(id: string): number {
    return this.said.filter((each) => isAnswer(each) && each.id === id).length;
  }

  /** The type of the last message about an execution. */
  lastAbout(id: string): string | undefined {
    return this.said.findLast((each) => 'id' in each && each.id === id)?.type;
  }

  /** Closes its input, and waits for its end. */
  async hangUp(): Promise<Exit> {
    this.#program.process.stdin.end();
    const { exited } = this.#program;
    return await Promise.race([exited, this.#impatience('its end')]);
  }

  async close(): Promise<void> {
    await this.#program.end(this.#plan.killGraceMs);
  }

  #find(type: FromExecutor['type'], id: string | undefined): FromExecutor | undefined {
    return this.said.find(
      (each) => each.type === type && (id === undefined || ('id' in each && each.id === id)),
    );
  }

  async #until<T>(what: string, look: () => T | undefined): Promise<T> {
    const impatience = this.#impatience(what);
    impatience.catch(() => {});
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (this.#broken) throw this.#broken;
      await Promise.race([this.#wake.promise, impatience]);
    }
  }

  #stir(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  #impatience(what: string): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>();
    const late = new HoldfastError('ExternalSilent', `${what} did not come within ${this.#patienceMs} ms`);
    AbortSignal.timeout(this.#patienceMs).addEventListener('abort', () => reject(late));
    return promise;
  }
}

function contextOf(id: string): object {
  return {
    runId: `run-${id}`,
    taskId: 'task',
    attempt: 1,
    fencingToken: 7,
    idempotencyKey: `-/run-${id}/task`,
    tenant: '-',
    workerId: 'conformance',
    dependencies: {},
    submittedAt: '2030-01-31T12:00:00.000Z',
    remainingMs: 300_000,
  };
}
