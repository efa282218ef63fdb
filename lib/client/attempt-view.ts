import type { AttemptOutcome, LogLevel, Resources } from '../model/attempt.ts';
import type { RunError } from './run-view.ts';

/** What an attempt tells beside its result. */
export interface AttemptView {
  /** The path of the node; of a single task `task`. */
  readonly node: string;
  readonly attempt: number;
  /** Of the innermost loop around the node. */
  readonly iteration?: number;
  /**
   * What its worker wrote at its end, or was about to: `retrying` failed and is made again, `yielded` was handed back,
   * `waiting` waits for a child run, `lost` has another owner.
   */
  readonly outcome: AttemptOutcome;
  readonly workerId: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
  readonly error?: RunError;
  /** The oldest first; at most 64 KB. */
  readonly logs: readonly LogView[];
  /** What `ctx.setVariable` was given. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly resources?: Resources;
}

export interface LogView {
  /** ISO 8601. */
  readonly at: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Written by `console`, not by `ctx.logger`. */
  readonly console?: true;
  /** Of the mark that stands where lines were left out: how many. */
  readonly leftOut?: number;
}

export interface AttemptsPage {
  /** By their nodes; those of one node in the order in which they were made. */
  readonly attempts: readonly AttemptView[];
  /** Give it back to read on; absent on the last page. */
  readonly cursor?: string;
}
