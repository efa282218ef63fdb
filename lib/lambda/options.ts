import type { Env } from '../config/env.ts';
import type { TaskExecutor } from '../define/task-executor.ts';

export interface FunctionOptions {
  /** Default: the process's environment. */
  readonly env?: Env;
}

export interface TaskFunctionOptions extends FunctionOptions {
  /** The tasks module: every task and workflow it exports is registered, a workflow with its tasks. */
  readonly tasks: Readonly<Record<string, unknown>>;
}

export interface ExecuteOptions extends TaskFunctionOptions {
  /** Runs the tasks that the module only declares. Without it they are left to other workers. */
  readonly executor?: TaskExecutor | undefined;
  /**
   * The bundle's second entry, which calls `serveTasks` of `holdfast/threads`, for tasks with `isolation: 'thread'`. Where
   * there is no such file, the module that HOLDFAST_TASKS_URL names is loaded instead.
   */
  readonly thread?: URL | undefined;
  /**
   * The bundle's third entry, which calls `serveStoredCode` of `holdfast/stored-code`, for code that comes with requests.
   * Where there is no such file, this package's own is used.
   */
  readonly codeThread?: URL | undefined;
}
