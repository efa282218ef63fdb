import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Unavailable } from '../figure.ts';

const here = new URL('./', import.meta.url);

/** Installs what rivals need, unless it is there as the lockfile says. @throws Unavailable where it cannot be had */
export async function installRivals(): Promise<void> {
  if (await isInstalled()) return;
  try {
    // None of them needs what its packages would run.
    await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: here });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n').at(0) : String(error);
    throw new Unavailable(`not installed: ${reason}`);
  }
}

async function isInstalled(): Promise<boolean> {
  const time = async (file: string) => (await stat(new URL(file, here))).mtimeMs;
  try {
    return (await time('node_modules/.package-lock.json')) >= (await time('package-lock.json'));
  } catch {
    return false;
  }
}
