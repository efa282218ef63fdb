import { HoldfastError } from '../model/errors.ts';

/** What `spawn` rejects with after `cancel`, `cancelAll` or the abort of its signal. */
export class CancellationError extends Error {
  override readonly name = 'CancellationError';
  readonly code = 'Cancelled';
}

/** What `spawn` rejects with when its timeout has passed; the thread is ended. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'TimedOut';
  /** In milliseconds. */
  readonly limitMs: number;

  constructor(name: string, limitMs: number) {
    super(`${name} exceeded its timeout of ${limitMs} ms`);
    this.limitMs = limitMs;
  }
}

/** A function that was sent to a thread uses a variable from around it: only its own text goes there. */
export class CapturedVariable extends Error {
  override readonly name = 'CapturedVariable';
  readonly code = 'CapturedVariable';
  readonly variable: string;

  constructor(name: string, variable: string, cause: unknown) {
    super(`${name} uses ${variable} from outside of itself: give it as an argument, or use moduleExport`, {
      cause,
    });
    this.variable = variable;
  }
}

/** The work ended its own thread: by `process.exit`, or because its memory ran out. */
export class ThreadEnded extends Error {
  override readonly name = 'ThreadEnded';
  readonly code = 'ThreadEnded';

  constructor(name: string, how: string, cause: unknown) {
    super(`${name} ended its thread: ${how}`, { cause });
  }
}

export const poolInUse = (): HoldfastError =>
  new HoldfastError('PoolInUse', 'The thread pool is in use already and cannot be configured any more');
