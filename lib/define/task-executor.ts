import type { Context } from './context.ts';

/**
 * Runs every task that has no handler of its own: for a worker that knows tasks by their shapes only. It gets the task's
 * name and its input, parsed; what it returns is checked against the task's output schema, what it throws fails the
 * attempt.
 */
export type TaskExecutor = (task: string, input: unknown, ctx: Context) => unknown;
