import type { Context } from '../define/context.ts';
import type { LogLevel, Resources } from '../model/attempt.ts';
import type { SentError, SentThrow } from '../threads/wire.ts';

/** What of a handler's context can be cloned. */
export interface SentContext
  extends Omit<
    Context,
    | 'signal'
    | 'logger'
    | 'progress'
    | 'checkpoint'
    | 'checkpointed'
    | 'setVariable'
    | 'remainingMs'
    | 'traceparent'
  > {
  readonly traceparent: string | undefined;
  readonly checkpointed: unknown;
  /** At the time of sending, in milliseconds. */
  readonly remainingMs: number;
}

/** From the handler's thread to the one that holds the lease. */
export type FromThread =
  | { readonly type: 'progress'; readonly value: unknown }
  | { readonly type: 'checkpoint'; readonly id: number; readonly state: unknown }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    }
  /** Written by the thread's own console already. */
  | { readonly type: 'console'; readonly level: LogLevel; readonly message: string }
  | { readonly type: 'variable'; readonly name: string; readonly value: unknown };

/** To the handler's thread. */
export type ToThread =
  | { readonly type: 'abort'; readonly reason: SentError }
  | { readonly type: 'checkpointed'; readonly id: number; readonly error: SentError | undefined };

/** What came of a handler, and what it took: a decision of a loop crosses by its tag, because a clone is none. */
export type TaskAnswer = { readonly resources: Resources } & TaskResult;

export type TaskResult = { readonly value: unknown; readonly tag: 'again' | 'done' | undefined } | SentThrow;
