import * as z from 'zod';
import type { Context } from '../define/context.ts';
import type { Schema, SchemaInput, SchemaOutput } from '../define/schema.ts';
import { defineTask, type Task, type TaskOptions } from '../define/task.ts';
import { externalExecutor } from './external-executor.ts';
import type { ExternalOptions } from './options.ts';

/** A task that another program executes: its options, as of any task. */
export interface ExternalTaskOptions extends Omit<TaskOptions<never>, 'name' | 'isolation'> {
  /** Checked at submission and before each attempt. Default: anything. */
  readonly input?: Schema;
  /** Checks what the program returns. Default: anything. */
  readonly output?: Schema;
}

type In<Options> = Options extends { readonly input: infer S extends Schema } ? SchemaInput<S> : unknown;
type Out<Options> = Options extends { readonly output: infer S extends Schema } ? SchemaOutput<S> : unknown;

/** The tasks by their names. Disposing it lets the program end. */
export type ExternalTasks<All> = {
  readonly [Name in keyof All & string]: Task<In<All[Name]>, Out<All[Name]>, Name>;
} & AsyncDisposable;

/**
 * Tasks that a program in another language executes: see `externalExecutor`. Export them from the tasks module, each
 * by itself: `export const { resize, 'word-count': wordCount } = externalTasks({ … })`.
 *
 * @throws HoldfastError `InvalidArgument`, `InvalidDuration`, `InvalidName`
 */
export function externalTasks<const All extends Readonly<Record<string, ExternalTaskOptions>>>(
  options: ExternalOptions & { readonly tasks: All },
): ExternalTasks<All> {
  const execute = externalExecutor(options);
  const tasks = Object.entries(options.tasks).map(([name, { input = z.unknown(), output, ...rest }]) => {
    const run = (value: unknown, ctx: Context) => execute(name, value, ctx);
    return [name, defineTask({ ...(rest as object), name, input, output: output ?? z.unknown(), run })];
  });
  const dispose = () => execute[Symbol.asyncDispose]();
  return { ...Object.fromEntries(tasks), [Symbol.asyncDispose]: dispose };
}
