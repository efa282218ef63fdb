import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, relative, sep } from 'node:path';
import { HoldfastError } from '../model/errors.ts';
import type { ParsedInput } from './input.ts';
import type { CommandPolicy } from './policy.ts';

/**
 * Whether a policy allows a command, as far as that can be said without looking at the machine it is for.
 *
 * @throws HoldfastError `CommandNotAllowed`, naming the field
 */
export function checkAllowed({ allow, inputEnv }: CommandPolicy, { cwd, env, program }: ParsedInput): void {
  if (!allow.has(program)) {
    throw notAllowed('input.program', `${JSON.stringify(program)} is not among the programs allowed`);
  }
  if (cwd !== undefined && (isAbsolute(cwd) || leaves(join('.', cwd)))) {
    throw notAllowed('input.cwd', `${JSON.stringify(cwd)} is not a path below the directory of the task`);
  }
  const foreign = Object.keys(env).find((name) => !inputEnv.has(name));
  if (foreign !== undefined) {
    throw notAllowed(`input.env.${foreign}`, 'is not among the variables that the input may set');
  }
}

/**
 * The directory a command runs in.
 *
 * @throws HoldfastError `InvalidInput` where there is none, `CommandNotAllowed` where a link leads out of the task's own
 */
export async function directoryOf(policy: CommandPolicy, { cwd = '.' }: ParsedInput): Promise<string> {
  try {
    const root = await realpath(policy.cwd);
    const directory = await realpath(join(root, cwd));
    if (leaves(relative(root, directory))) {
      throw notAllowed('input.cwd', `${JSON.stringify(cwd)} leads out of the directory of the task`);
    }
    if ((await stat(directory)).isDirectory()) return directory;
  } catch (error) {
    if (error instanceof HoldfastError) throw error;
  }
  const what = cwd === '.' ? policy.cwd : JSON.stringify(cwd);
  throw new HoldfastError('InvalidInput', `input.cwd: there is no directory ${what}`, { field: 'input.cwd' });
}

/**
 * The absolute path of an allowed program.
 *
 * @throws HoldfastError `CommandNotFound`
 */
export async function findProgram(program: string, searchPath: string): Promise<string> {
  // An entry that is not absolute would mean the directory that the worker happens to be in.
  const directories = isAbsolute(program) ? [''] : searchPath.split(delimiter).filter(isAbsolute);
  for (const directory of directories) {
    const file = join(directory, program);
    if (await isExecutable(file)) return file;
  }
  throw commandNotFound(program);
}

export const commandNotFound = (program: string, cause?: unknown): HoldfastError =>
  new HoldfastError('CommandNotFound', `There is no program ${program} that can be executed here`, {
    field: 'input.program',
    cause,
  });

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

const leaves = (path: string): boolean => path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);

function notAllowed(field: string, what: string): HoldfastError {
  return new HoldfastError('CommandNotAllowed', `${field}: ${what}`, { field });
}
