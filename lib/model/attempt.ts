import type { Failure } from './failure.ts';
import type { NodeId, Nonce } from './ids.ts';
import type { EpochMs } from './time.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One line that a handler logged. */
export interface LogLine {
  readonly at: EpochMs;
  readonly level: LogLevel;
  readonly message: string;
  /** As JSON has them. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Written by `console`, not by `ctx.logger`. */
  readonly console?: true;
  /** Of the mark that stands where lines were left out: how many. */
  readonly leftOut?: number;
}

/** What an attempt took of the machine. */
export interface Resources {
  /** Of a thread and of a program their own memory, else that of the whole process, in MiB. */
  readonly peakMemoryMb: number;
  readonly userCpuSeconds: number;
  readonly systemCpuSeconds: number;
  /** Measured on the whole process: other attempts may be in it. */
  readonly shared?: true;
}

/**
 * What its holder wrote, or was about to write, at the end of an attempt: `retrying` failed and will be made again,
 * `yielded` was handed back, `waiting` waits for a child run, `lost` has another owner.
 */
export type AttemptOutcome =
  | 'succeeded'
  | 'failed'
  | 'retrying'
  | 'yielded'
  | 'waiting'
  | 'cancelled'
  | 'lost';

/** What one attempt tells beside its result. Written by its holder alone, just before its last write to the run. */
export interface AttemptRecord {
  readonly node: NodeId;
  /** The lease that it was made under; with the nonce it tells one attempt from all others. */
  readonly epoch: number;
  readonly nonce: Nonce;
  readonly attempt: number;
  /** Of the innermost loop around it. */
  readonly iteration?: number;
  readonly outcome: AttemptOutcome;
  readonly worker: string;
  readonly startedAt: EpochMs;
  readonly endedAt: EpochMs;
  readonly failure?: Failure;
  /** The oldest first. */
  readonly logs?: readonly LogLine[];
  /** What `ctx.setVariable` was given last under each name, as JSON has it. */
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly resources?: Resources;
}
