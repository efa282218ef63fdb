import type { Env } from '../config/env.ts';

export interface FunctionOptions {
  /** Default: the process's environment. */
  readonly env?: Env;
}

export interface TaskFunctionOptions extends FunctionOptions {
  /** The tasks module: every task and workflow it exports is registered, a workflow with its tasks. */
  readonly tasks: Readonly<Record<string, unknown>>;
}
