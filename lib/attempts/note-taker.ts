import type { Context } from '../define/context.ts';
import type { LogLevel, Resources } from '../model/attempt.ts';

/** Hears what a handler tells without calling its context. */
export interface NoteTaker {
  /** A line written by `console`. */
  console(level: LogLevel, message: string): void;
  /** What was measured where the handler ran, if that is not in this process alone. */
  setResources(resources: Resources): void;
}

const takers = new WeakMap<Context, NoteTaker>();

export function takeNotes(ctx: Context, taker: NoteTaker): void {
  takers.set(ctx, taker);
}

export const noteTakerOf = (ctx: Context | undefined): NoteTaker | undefined => ctx && takers.get(ctx);
