import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HoldfastError } from '../model/errors.ts';

/** SQLITE_BUSY */
const busyCode = 5;

/**
 * Takes a directory for one runtime. The lock is the operating system's, on a SQLite file in the directory, so it ends
 * with the process however that ends, and no process id that was given out again can hold it. The id in the file beside
 * it is only for the message.
 *
 * @returns what gives it back
 * @throws HoldfastError `DirectoryInUse`, `InvalidSetting` when the directory cannot be written to
 */
export function lockDirectory(directory: string): () => void {
  const owner = join(directory, 'lock.pid');
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(directory, 'lock.sqlite'), { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    writeFileSync(owner, `${process.pid}\n`);
  } catch (error) {
    if (lock?.isOpen) lock.close();
    throw isBusy(error) ? inUse(directory, owner) : unusable(directory, error);
  }
  const held = lock;
  return () => {
    rmSync(owner, { force: true });
    held.close();
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === busyCode;
}

function inUse(directory: string, owner: string): HoldfastError {
  return new HoldfastError(
    'DirectoryInUse',
    `The directory ${directory} is in use by another runtime${processOf(owner)}`,
    { field: 'persist' },
  );
}

function processOf(owner: string): string {
  try {
    return `, process ${Number(readFileSync(owner, 'utf8'))}`;
  } catch {
    return ''; // it is just starting or ending
  }
}

function unusable(directory: string, cause: unknown): HoldfastError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new HoldfastError('InvalidSetting', `The directory ${directory} cannot be used: ${why}`, {
    field: 'persist',
    cause,
    hint: 'Name a directory that you may write to.',
  });
}
