import { readFile } from 'node:fs/promises';
import { HoldfastError } from '../model/errors.ts';
import { checkedPools, type LocalPool } from './pools.ts';

/**
 * The pools that the command line gives: as JSON, or as the path of a file with it.
 *
 * @throws HoldfastError `InvalidSetting`
 */
export async function poolsArgument(given: string): Promise<Readonly<Record<string, LocalPool>>> {
  const isInline = given.trimStart().startsWith('{');
  const text = isInline ? given : await fileText(given);
  let pools: unknown;
  try {
    pools = JSON.parse(text);
  } catch (cause) {
    const what = isInline ? 'What --pools gives' : `The file ${given} of --pools`;
    throw refused(`${what} is not JSON: ${reasonOf(cause)}`, cause);
  }
  return checkedPools(pools);
}

async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw refused(`The file ${path} of --pools cannot be read: ${reasonOf(cause)}`, cause);
  }
}

const reasonOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));

const refused = (what: string, cause: unknown) =>
  new HoldfastError('InvalidSetting', what, {
    field: 'pools',
    hint: `Give a file, or JSON that is quoted for the shell: --pools '{"gpu":{"tags":["gpu"]}}'.`,
    cause,
  });
