import { isUtf8 } from 'node:buffer';
import { glob, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HoldfastError } from '../../model/errors.ts';

const checkout = fileURLToPath(new URL('../../../', import.meta.url));

/** This checkout's own files, and the licences of what it is built on. */
const ownPatterns = [
  '*.{json,md,ts}',
  '{lib,functions,infra,test,bench,examples}/**/*.{ts,md,json}',
  'node_modules/*/{LICENSE,LICENCE,license,License}*',
  'node_modules/@*/*/{LICENSE,LICENCE,license,License}*',
];

export interface FoundFiles {
  /** Absolute and sorted. */
  readonly files: readonly string[];
  /** What could not be gone into or named, each with its reason. */
  readonly skipped: readonly string[];
}

/**
 * The regular files that the demo measures: everything under `directory` but what begins with a dot, or this checkout's
 * own. Links are not followed: a link to a directory may lead back to it.
 *
 * @throws HoldfastError `InvalidArgument` when there are none
 */
export async function findFiles(directory?: string): Promise<FoundFiles> {
  const root = directory === undefined ? checkout : resolve(directory);
  const found = directory === undefined ? await ownFiles() : await filesUnder(root);
  if (found.files.length > 0) return found;
  const [but = ''] = found.skipped;
  throw invalid(`There are no files in ${root}${but && `; skipped: ${but}`}`);
}

async function ownFiles(): Promise<FoundFiles> {
  const files = new Set<string>();
  for await (const entry of glob(ownPatterns, { cwd: checkout, withFileTypes: true })) {
    if (entry.isFile()) files.add(join(entry.parentPath, entry.name));
  }
  return { files: [...files].sort(), skipped: [] };
}

async function filesUnder(root: string): Promise<FoundFiles> {
  await checkDirectory(root);
  const files: string[] = [];
  const skipped: string[] = [];
  const walk = async (directory: string): Promise<void> => {
    // As bytes: a name that is not UTF-8 would come back as another one, which no file has.
    for (const entry of await readdir(directory, { withFileTypes: true, encoding: 'buffer' })) {
      const path = join(directory, entry.name.toString());
      if (entry.name.toString().startsWith('.')) continue;
      if (!entry.isFile() && !entry.isDirectory()) continue;
      if (!isUtf8(entry.name)) skipped.push(`${path}: its name is not UTF-8`);
      else if (entry.isFile()) files.push(path);
      else await walk(path).catch((error: Error) => skipped.push(`${path}: ${error.message}`));
    }
  };
  await walk(root);
  return { files: files.sort(), skipped };
}

async function checkDirectory(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    throw invalid(
      found.code === 'ENOENT' ? `There is no directory ${path}` : `${path} cannot be read: ${found.message}`,
    );
  }
  if (!found.isDirectory())
    throw invalid(`${path} is ${found.isFile() ? 'a file' : 'something else'}, not a directory`);
}

function invalid(message: string): HoldfastError {
  return new HoldfastError('InvalidArgument', message, {
    field: 'demo',
    hint: 'Name a directory that has files in it: --demo DIRECTORY.',
  });
}
