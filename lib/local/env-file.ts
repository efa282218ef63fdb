import { readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HoldfastError } from '../model/errors.ts';

/** The first line of such a file: what does not begin with it is somebody's own, and left alone. */
const mark = '# Written by the embedded runtime of Holdfast, which removes it when it ends.';
/** Read and written by nobody else: it holds credentials, though only those of the local services. */
const mode = 0o600;

/**
 * Checks that the file may be written: it is not there, or was left behind by a runtime that was killed.
 *
 * @throws HoldfastError `InvalidSetting`
 */
export async function checkEnvFile(file: string): Promise<void> {
  const path = resolve(file);
  const present = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw unusable(path, `cannot be used: ${error.message}`, error);
  });
  if (present !== undefined && !present.startsWith(mark)) {
    throw unusable(path, 'is there already, and not written by the embedded runtime');
  }
}

/**
 * Writes variables for `node --env-file FILE`, one `KEY=VALUE` a line, in quotes where the value asks for them. A shell
 * reads the same. Disposing of it removes the file.
 *
 * @throws HoldfastError `InvalidSetting`
 */
export async function writeEnvFile(
  file: string,
  variables: Readonly<Record<string, string>>,
): Promise<AsyncDisposable> {
  await checkEnvFile(file);
  const path = resolve(file);
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${quoted(value)}`);
  const content = `${[mark, ...lines].join('\n')}\n`;
  try {
    await writeFile(path, content, { mode });
  } catch (error) {
    throw unusable(path, `cannot be written: ${error instanceof Error ? error.message : error}`, error);
  }
  return {
    async [Symbol.asyncDispose]() {
      // Another runtime may have written its own since.
      if ((await readFile(path, 'utf8').catch(() => '')) === content) await rm(path, { force: true });
    },
  };
}

/** None of the values has a single quote in it: they are URLs, names and JSON of both. */
const quoted = (value: string) => (/^[\w.:/-]*$/.test(value) ? value : `'${value}'`);

function unusable(path: string, what: string, cause?: unknown): HoldfastError {
  return new HoldfastError('InvalidSetting', `The file ${path} ${what}`, {
    field: 'writeEnv',
    cause,
    hint: 'Name a file that is not there yet, in a directory that you may write to: --write-env FILE.',
  });
}
