import { glob } from 'node:fs/promises';
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

/**
 * The regular files that the demo measures, absolute and sorted: everything under `directory`, or this checkout's own.
 *
 * @throws HoldfastError `InvalidArgument` when there are none
 */
export async function findFiles(directory?: string): Promise<string[]> {
  const root = directory === undefined ? checkout : resolve(directory);
  const patterns = directory === undefined ? ownPatterns : ['**/*'];
  const found: string[] = [];
  for await (const entry of glob(patterns, { cwd: root, withFileTypes: true })) {
    if (entry.isFile()) found.push(join(entry.parentPath, entry.name));
  }
  if (found.length > 0) return [...new Set(found)].sort();
  throw new HoldfastError('InvalidArgument', `There are no files in ${root}`, {
    field: 'demo',
    hint: 'Name a directory that has files in it.',
  });
}
