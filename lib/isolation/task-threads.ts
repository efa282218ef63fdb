import { once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { noteTakerOf } from '../attempts/note-taker.ts';
import type { Context } from '../define/context.ts';
import { again, done } from '../define/workflow/decision.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Ms } from '../model/time.ts';
import { ThreadPool } from '../threads/pool.ts';
import { threadEnded } from '../threads/thread-ended.ts';
import { receiveTaskError, sendTaskError } from './errors.ts';
import type { FromThread, SentContext, TaskAnswer, ToThread } from './wire.ts';

/** Where the threads find the tasks: a file that serves them itself, or a tasks module. */
export type TaskSource = { readonly entry: URL } | { readonly tasks: URL };

const fileEntry = new URL(`./file-thread${import.meta.url.slice(-3)}`, import.meta.url);

/**
 * Runs the handlers of tasks with `isolation: 'thread'`. Each gets a thread to itself; the lease, its renewals and all
 * writes stay with the caller.
 *
 * ```
 * caller                                thread
 *   run(task, input, ctx) ────────────▶ handler begins
 *   ctx.progress / checkpoint / log ◀── …
 *   abort ────────────────────────────▶ ctx.signal fires; after the grace the thread is ended
 *   result or error ◀───────────────── handler ends
 * ```
 */
export class TaskThreads {
  readonly #pool: ThreadPool;
  readonly #graceMs: Ms;

  /** @param graceMs how long an aborted handler may take before its thread is ended */
  constructor(
    source: TaskSource,
    { graceMs, memoryMib, size }: { size: number; graceMs: Ms; memoryMib: number },
  ) {
    const script = 'entry' in source ? { script: source.entry } : fileScript(source.tasks);
    this.#pool = new ThreadPool(size, { ...script, memoryMib });
    this.#graceMs = graceMs;
  }

  /**
   * Rejects with what the handler throws, with ThreadEnded when it ends its thread, or with the reason of the abort.
   *
   * @param stored the input as it is stored: the thread checks it against the schema itself
   */
  async run(task: string, stored: unknown, ctx: Context): Promise<unknown> {
    const { port1: own, port2: theirs } = new MessageChannel();
    serve(own, ctx);
    const heardAll = once(own, 'close');
    const running = this.#pool.call('runTask', [task, stored, sentContext(ctx), theirs], {
      transfer: [theirs],
    });
    let patience: NodeJS.Timeout | undefined;
    const ended = Promise.withResolvers<never>();
    const onAbort = () => {
      post(own, { type: 'abort', reason: sendTaskError(reasonOf(ctx.signal)) });
      patience = setTimeout(() => {
        running.end();
        ended.reject(reasonOf(ctx.signal));
      }, this.#graceMs);
    };
    if (ctx.signal.aborted) onAbort();
    else ctx.signal.addEventListener('abort', onAbort, { once: true });
    try {
      const answer = (await Promise.race([running.answer, ended.promise])) as unknown as TaskAnswer;
      // What was told last comes by another way than the answer.
      await heardAll;
      noteTakerOf(ctx)?.setResources(answer.resources);
      return resultOf(answer);
    } catch (error) {
      throw threadEnded(`task ${task}`, error);
    } finally {
      clearTimeout(patience);
      ctx.signal.removeEventListener('abort', onAbort);
      own.close();
    }
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    await this.#pool.close();
  }
}

const fileScript = (tasks: URL) => ({ script: fileEntry, workerData: { tasks: tasks.href } });

function sentContext(ctx: Context): SentContext {
  const {
    checkpoint: _c,
    logger: _l,
    progress: _p,
    remainingMs,
    setVariable: _v,
    signal: _s,
    ...fields
  } = ctx;
  return { ...fields, checkpointed: ctx.checkpointed, remainingMs: remainingMs() };
}

/** Does for the handler what only the holder of the lease can do. */
function serve(port: MessagePort, ctx: Context): void {
  port.on('message', (message: FromThread) => {
    switch (message.type) {
      case 'progress':
        return ctx.progress(message.value);
      case 'log':
        return ctx.logger[message.level](message.message, message.fields);
      case 'console':
        return noteTakerOf(ctx)?.console(message.level, message.message);
      case 'variable':
        return ctx.setVariable(message.name, message.value);
      case 'checkpoint':
        void ctx.checkpoint(message.state).then(
          () => post(port, { type: 'checkpointed', id: message.id, error: undefined }),
          (error: Error) => post(port, { type: 'checkpointed', id: message.id, error: sendTaskError(error) }),
        );
    }
  });
  port.unref();
}

const post = (port: MessagePort, message: ToThread): void => port.postMessage(message);

const reasonOf = ({ reason }: AbortSignal): Error =>
  reason instanceof Error ? reason : new HoldfastError('Cancelled', 'The attempt was aborted');

function resultOf(answer: TaskAnswer): unknown {
  if ('error' in answer) throw receiveTaskError(answer.error);
  if ('thrown' in answer) throw answer.thrown;
  if (answer.tag === undefined) return answer.value;
  return answer.tag === 'again' ? again(answer.value) : done(answer.value);
}
