import { HoldfastError } from '../model/errors.ts';
import { parseExactJson } from '../model/exact-json.ts';
import type { Cli } from './cli.ts';
import { printable } from './text.ts';

/** Where a value stands on the command line: what people call it, and how to write it. */
interface Argument {
  /** The option or argument that it is, such as `--input`. */
  readonly field: string;
  readonly what: string;
  readonly hint: string;
}

/**
 * A value given as JSON, as `@file`, or as `-` for standard input.
 *
 * @throws HoldfastError `MalformedJson`, `InvalidArgument` for a file that cannot be read
 */
export async function jsonArgument(given: string, cli: Cli, argument: Argument): Promise<unknown> {
  if (given === '-') return await jsonFile(given, cli, argument);
  return given.startsWith('@') ? await jsonFile(given.slice(1), cli, argument) : parsed(given, argument);
}

/** The JSON in a file, or of standard input for `-`. @throws as `jsonArgument` */
export async function jsonFile(path: string, cli: Cli, argument: Argument): Promise<unknown> {
  const text = path === '-' ? await cli.readStdin() : await fileText(path, cli, argument);
  return parsed(text, argument);
}

async function fileText(path: string, cli: Cli, { field, what }: Argument): Promise<string> {
  try {
    return await cli.readFile(path);
  } catch (cause) {
    throw new HoldfastError('InvalidArgument', `The ${what} file cannot be read: ${reasonOf(cause)}`, {
      field,
      hint: 'Check the path.',
      cause,
    });
  }
}

function parsed(text: string, { field, hint, what }: Argument): unknown {
  try {
    return parseExactJson(text, (path) => [field, ...path].join('.'));
  } catch (cause) {
    if (cause instanceof HoldfastError) throw cause;
    const message = `The ${what} is not JSON: ${reasonOf(cause)}`;
    throw new HoldfastError('MalformedJson', message, { field, hint, cause });
  }
}

const reasonOf = (cause: unknown) => printable(cause instanceof Error ? cause.message : String(cause));

export const inputArgument: Argument = {
  field: '--input',
  what: 'input',
  hint: `Quote it for the shell: --input '{"key": "value"}', or give --input @file or --input -.`,
};
