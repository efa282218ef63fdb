import type { LogLevel } from '../model/attempt.ts';
import type { RunStatus } from '../model/run.ts';

/** What is to be executed: a registered task by its name, or a function of the code that comes along. */
export interface ExecutionRequest {
  /** What the execution belongs to, in the caller's words: 1 to 128 characters. */
  readonly workflowId: string;
  /** Of a registered task; with `code`, of a function that one of its modules exports. */
  readonly functionName: string;
  /** Sources by path. */
  readonly code?: Readonly<Record<string, string>>;
  /** The module of `code` that exports the function. Default: its only one, or `index`. Without `code` it is only kept. */
  readonly filePath?: string;
  readonly caller?: string;
  /** The tenant. */
  readonly organization?: string;
  readonly parameters: unknown;
  /** How long one attempt may take. Default 300. */
  readonly timeoutSeconds?: number;
  /** The same key and request again give the same execution. */
  readonly idempotencyKey?: string;
  readonly traceparent?: string;
}

/** What became of an execution: always all of it, also while it runs, and where there is none. */
export interface ExecutionResult {
  readonly executionId: string;
  /** Null while it has not ended. */
  readonly success: boolean | null;
  /** Of the run; null where there is none. */
  readonly status: RunStatus | null;
  /** What the function returned; null where it returned nothing, or has not, or more than 2.5 MB: `errorType` is `OutputTooLarge` then. */
  readonly result: unknown;
  /** Why it failed; while it has not ended, why its last attempt did. */
  readonly error: string | null;
  /** The error's class or code; `ContextNotFound` where there is no such execution. */
  readonly errorType: string | null;
  /** Of its last attempt; 0 before it begins. */
  readonly durationMs: number;
  /** Of its last attempt, the oldest first; empty until that has ended. */
  readonly logs: readonly ExecutionLog[];
  /** What its last attempt set. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly workerId: string | null;
}

export interface ExecutionLog {
  /** ISO 8601. */
  readonly at: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}
