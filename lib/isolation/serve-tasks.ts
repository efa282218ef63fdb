import type { MessagePort } from 'node:worker_threads';
import workerpool from 'workerpool';
import { attributeConsole } from '../attempts/console.ts';
import { takeNotes } from '../attempts/note-taker.ts';
import { meterThread } from '../attempts/resources.ts';
import { Variables } from '../attempts/variables.ts';
import { type Context, withContext } from '../define/context.ts';
import { Registry } from '../define/registry.ts';
import { validate } from '../define/validate.ts';
import { decisionOf } from '../define/workflow/decision.ts';
import type { LogLevel } from '../model/attempt.ts';
import { HoldfastError } from '../model/errors.ts';
import { progressText } from '../payload/progress.ts';
import type { Logger } from '../ports/logger.ts';
import { withStrays } from '../threads/strays.ts';
import { isCloneable } from '../threads/wire.ts';
import { receiveTaskError, sendThrownByTask } from './errors.ts';
import type { FromThread, SentContext, TaskAnswer, TaskResult, ToThread } from './wire.ts';

export interface ServeOptions {
  /** The tasks module: as the one that the executor was given. */
  readonly tasks: Readonly<Record<string, unknown>>;
}

/**
 * The thread's side of `isolation: 'thread'`: runs the handlers of a module's tasks, one at a time. For the second entry
 * of a bundle, beside the executor's.
 *
 * @throws HoldfastError `NoTasks`, `DuplicateName`
 */
export function serveTasks({ tasks }: ServeOptions): void {
  const registry = Registry.fromModule(tasks);
  attributeConsole();

  async function runTask(
    name: string,
    stored: unknown,
    sent: SentContext,
    port: MessagePort,
  ): Promise<TaskAnswer> {
    const measured = meterThread();
    const handler = new HandlerContext(sent, port);
    const failed = (thrown: unknown): TaskAnswer => ({ ...sendThrownByTask(thrown), resources: measured() });
    return await withStrays<TaskAnswer>(failed, async () => {
      const result = await resultOf(name, stored, handler);
      // Behind it nothing of this attempt comes any more.
      port.close();
      return { ...result, resources: measured() };
    });
  }

  async function resultOf(name: string, stored: unknown, handler: HandlerContext): Promise<TaskResult> {
    try {
      const task = registry.task(name);
      if (!task?.run)
        throw new HoldfastError('TaskNotImplemented', `Task ${name} has no handler on its thread`);
      const { run } = task;
      const input = await validate(task.input, stored, 'InvalidInput', 'input');
      const returned = await withContext(handler.ctx, async () => run(input as never, handler.ctx));
      const decision = decisionOf(returned);
      const value = decision ? decision.value : returned;
      if (isCloneable(value)) return { value, tag: decision?.tag };
      throw new HoldfastError(
        'NotSerializable',
        `The output of ${name} cannot leave its thread: it is no plain JSON`,
      );
    } catch (thrown) {
      return sendThrownByTask(thrown);
    }
  }

  workerpool.worker({ runTask });
}

/** A handler's context whose doings are told to the thread that holds the lease. */
class HandlerContext {
  readonly ctx: Context;
  readonly #port: MessagePort;
  readonly #abort = new AbortController();
  readonly #stored = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  readonly #variables = new Variables();
  #checkpoints = 0;
  #state: unknown;

  constructor({ checkpointed, remainingMs, ...fields }: SentContext, port: MessagePort) {
    this.#port = port;
    this.#state = checkpointed;
    const deadline = performance.now() + remainingMs;
    const handler = this;
    port.on('message', (message: ToThread) => this.#receive(message));
    this.ctx = {
      ...fields,
      signal: this.#abort.signal,
      logger: this.#logger({}),
      get checkpointed() {
        return handler.#state;
      },
      progress: (value) => {
        progressText(value);
        this.#post({ type: 'progress', value });
      },
      checkpoint: (state) => this.#checkpoint(state),
      setVariable: (name, value) => {
        this.#variables.set(name, value);
        this.#post({ type: 'variable', name, value });
      },
      remainingMs: () => Math.max(0, Math.round(deadline - performance.now())),
    };
    takeNotes(this.ctx, {
      console: (level, message) => this.#post({ type: 'console', level, message }),
      setResources: () => {}, // measured for the whole thread
    });
  }

  #receive(message: ToThread): void {
    if (message.type === 'abort') {
      this.#abort.abort(receiveTaskError(message.reason));
      return;
    }
    const waiting = this.#stored.get(message.id);
    this.#stored.delete(message.id);
    if (message.error) waiting?.reject(receiveTaskError(message.error));
    else waiting?.resolve();
  }

  #checkpoint(state: unknown): Promise<void> {
    const { promise, reject, resolve } = Promise.withResolvers<void>();
    const id = ++this.#checkpoints;
    this.#stored.set(id, { resolve, reject });
    this.#state = state;
    this.#post({ type: 'checkpoint', id, state });
    return promise;
  }

  #logger(bound: Readonly<Record<string, unknown>>): Logger {
    const at =
      (level: LogLevel): Logger['info'] =>
      (message, fields = {}) =>
        this.#post({ type: 'log', level, message, fields: cloneable({ ...bound, ...fields }) });
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => this.#logger({ ...bound, ...fields }),
    };
  }

  #post(message: FromThread): void {
    this.#port.postMessage(message);
  }
}

/** What cannot be cloned is logged as text; errors by what a log shows of them. */
function cloneable(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, isCloneable(value) ? value : String(value)]),
  );
}
