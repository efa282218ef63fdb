import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Unavailable } from '../figure.ts';

/**
 * Where a program lies: on the PATH, or in one of these directories.
 *
 * @param debian the Debian package that brings it
 * @throws Unavailable
 */
export async function findProgram(name: string, debian: string, elsewhere: readonly string[] = []) {
  for (const directory of [...(process.env.PATH ?? '').split(delimiter), ...elsewhere]) {
    const path = join(directory, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  throw new Unavailable(`${name} not installed (apt-get install ${debian})`);
}
