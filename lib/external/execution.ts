import type { Context } from '../define/context.ts';
import { externalError } from './errors.ts';
import type { OfExecution } from './wire.ts';

/**
 * One execution that an executor has in hand.
 *
 * ```
 * open ──result, error──▶ answered
 *   └──abort, process gone, a checkpoint that hands the task back──▶ given up ──result, error──▶ answered
 * ```
 */
export class Execution {
  readonly #ctx: Context;
  readonly #outcome = Promise.withResolvers<unknown>();
  #isAnswered = false;

  constructor(ctx: Context) {
    this.#ctx = ctx;
    this.#outcome.promise.catch(() => {}); // whoever executes it looks
  }

  /** Whether the executor has said how it ended, whether that was still wanted or not. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** What the executor answers, or why it was given up. */
  get outcome(): Promise<unknown> {
    return this.#outcome.promise;
  }

  giveUp(reason: unknown): void {
    this.#outcome.reject(reason);
  }

  take(message: OfExecution): void {
    switch (message.type) {
      case 'result':
        this.#isAnswered = true;
        this.#outcome.resolve(message.output);
        break;
      case 'error':
        this.#isAnswered = true;
        this.#outcome.reject(externalError(message.error, message.retryable));
        break;
      case 'log':
        this.#ctx.logger[message.level](message.message, message.fields);
        break;
      case 'progress':
        this.#tell(() => this.#ctx.progress(message.value));
        break;
      case 'variable':
        this.#tell(() => this.#ctx.setVariable(message.name, message.value));
        break;
      case 'checkpoint':
        this.#tell(() => this.#ctx.checkpoint(message.state));
    }
  }

  /** What a handler would have thrown at it ends the execution, as it would have ended the handler. */
  #tell(what: () => void | Promise<void>): void {
    (async () => what())().catch((error: unknown) => this.giveUp(error));
  }
}
