import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Unavailable } from '../figure.ts';

const here = new URL('./', import.meta.url);

/** Installs what rivals need, unless it is there as the lockfile says. @throws Unavailable where it cannot be had */
export async function installRivals(): Promise<void> {
  if (await isInstalled()) return;
  try {
    // By the lockfile. `npm ci` refuses it where optional packages of other platforms are missing, and not every registry
    // has those. No rival needs what its packages would run.
    const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
    await promisify(execFile)('npm', args, { cwd: here });
  } catch (error) {
    throw new Unavailable(`not installed: ${reasonOf(error)}`);
  }
}

/** What npm says, without where it keeps more of it. */
function reasonOf(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  const lines = said.match(/(?<=^npm error )(?!A complete log).*\S.*$/gm)?.slice(0, 4) ?? [];
  return lines.length > 0 ? lines.join('; ') : String(error);
}

async function isInstalled(): Promise<boolean> {
  const time = async (file: string) => (await stat(new URL(file, here))).mtimeMs;
  try {
    return (await time('node_modules/.package-lock.json')) >= (await time('package-lock.json'));
  } catch {
    return false;
  }
}
