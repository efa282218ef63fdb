import type { StandardSchemaV1 } from '@standard-schema/spec';
import { noteTakerOf } from '../attempts/note-taker.ts';
import { defineTask, type Task, type TaskOptions } from '../define/task.ts';
import { validate } from '../define/validate.ts';
import { checkAllowed } from './allowed.ts';
import {
  type CommandInput,
  type CommandOutput,
  commandInput,
  commandOutput,
  type ParsedInput,
} from './input.ts';
import { type CommandOptions, type CommandPolicy, parsePolicy } from './policy.ts';
import { runParsed } from './run-command.ts';

interface CommandTaskOptions<Name extends string>
  extends CommandOptions,
    Omit<TaskOptions<ParsedInput, Name>, 'isolation'> {}

/**
 * Defines a task that runs a program with arguments, without a shell. Its input is `{ program, args, cwd?, env?,
 * stdin? }`. What the options do not allow is refused at submission. When the attempt times out, is cancelled in abort
 * mode or loses its lease, the program and all that it started are ended.
 *
 * @throws HoldfastError `InvalidName`, `InvalidDuration`, `InvalidArgument`
 */
export function defineCommand<const Name extends string>(
  options: CommandTaskOptions<Name>,
): Task<CommandInput, CommandOutput, Name> {
  const policy = parsePolicy(options, `command ${options.name}`);
  return defineTask({
    ...options,
    input: allowedBy(policy),
    output: commandOutput,
    run: (input, ctx) =>
      runParsed(policy, input, ctx.signal, (taken) => noteTakerOf(ctx)?.setResources(taken)),
  });
}

/**
 * Runs one command inside a handler, under the same rules as a command task.
 *
 * @param options what is allowed
 * @throws the signal's reason, or HoldfastError `CommandNotAllowed`, `CommandNotFound`, `CommandFailed`, `InvalidInput`,
 *   `InvalidArgument`
 */
export async function runCommand(
  options: CommandOptions,
  input: CommandInput,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<CommandOutput> {
  const policy = parsePolicy(options, 'runCommand');
  return await runParsed(policy, await validate(commandInput, input, 'InvalidInput', 'input'), signal);
}

/** The schema of inputs that a policy allows; what it does not allow has a code of its own. */
function allowedBy(policy: CommandPolicy): StandardSchemaV1<CommandInput, ParsedInput> {
  const { types: _, ...standard } = commandInput['~standard'];
  return {
    '~standard': {
      ...standard,
      validate: async (value) => {
        const result = await commandInput['~standard'].validate(value);
        if (!result.issues) checkAllowed(policy, result.value);
        return result;
      },
    },
  };
}
