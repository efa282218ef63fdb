import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { HoldfastError } from '../model/errors.ts';

/**
 * The absolute path of a directory that is there afterwards.
 *
 * @throws HoldfastError `InvalidSetting` when it cannot be used
 */
export async function makeDirectory(path: string): Promise<string> {
  const directory = resolve(path);
  try {
    await make(directory);
    return directory;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HoldfastError('InvalidSetting', `The directory ${directory} cannot be used: ${why}`, {
      field: 'persist',
      cause,
      hint: 'Name a directory that exists or can be made, and that you may write to.',
    });
  }
}

/** Level by level: below /proc, Node's own recursive `mkdir` never comes back. */
async function make(directory: string): Promise<void> {
  if (await isDirectory(directory)) return;
  const parent = dirname(directory);
  if (parent !== directory) await make(parent);
  await mkdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error; // somebody else has made it since
  });
}

/** @throws Error when there is something else */
async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return false;
  if (!found.isDirectory()) throw new Error(`${path} is not a directory`);
  return true;
}
