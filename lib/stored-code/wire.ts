import type { LogLevel } from '../model/attempt.ts';
import type { ExecutionLabel } from '../model/run.ts';
import type { SentError } from '../threads/wire.ts';

/** What the thread of an execution is given. */
export interface ThreadTask {
  /** Sources by path. */
  readonly code: Readonly<Record<string, string>>;
  readonly filePath: string;
  readonly functionName: string;
  readonly parameters: unknown;
  readonly about: About;
  /** What may be imported besides. */
  readonly imports: readonly string[];
  /** The module from which packages are looked for. */
  readonly importsFrom: string;
}

/** What stored code knows of its own execution, beside its parameters. */
export interface About extends Partial<ExecutionLabel> {
  readonly executionId: string;
  readonly organization: string;
  /** From 1; more than one only after a crash of the worker. */
  readonly attempt: number;
}

/** From the thread. Whatever runs there may send whatever it likes: `readMessage` says what is one of these. */
export type FromStoredCode =
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string; readonly isConsole: boolean }
  | { readonly type: 'variable'; readonly name: string; readonly value: unknown }
  /** The result as JSON; none is undefined. */
  | { readonly type: 'result'; readonly text: string | undefined }
  | { readonly type: 'error'; readonly error: SentError }
  | { readonly type: 'thrown'; readonly text: string };
