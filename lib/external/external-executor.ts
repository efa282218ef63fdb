import { systemClock } from '../compose/system.ts';
import type { TaskExecutor } from '../define/task-executor.ts';
import { type ExternalOptions, planOf } from './options.ts';
import { Supervisor } from './supervisor.ts';

/** Disposing it lets the program end; executions from then on are refused. */
export type ExternalExecutor = TaskExecutor & AsyncDisposable;

/**
 * Executes tasks in a program that speaks the format of docs/external-executor.md over its standard input and output.
 * The program is started with the first task and takes all that come, side by side. One that dies, is silent or breaks
 * the format fails the attempts in hand; with the next task it is started again, after a pause that grows from 0.1 s to
 * 30 s while no task comes to an end.
 *
 * @throws HoldfastError `InvalidArgument`, `InvalidDuration`
 */
export function externalExecutor(options: ExternalOptions): ExternalExecutor {
  const supervisor = new Supervisor(planOf(options), systemClock);
  const execute: TaskExecutor = (task, input, ctx) => supervisor.execute(task, input, ctx);
  return Object.assign(execute, { [Symbol.asyncDispose]: () => supervisor.close() });
}
