import { randomInt } from 'node:crypto';
import { access, constants } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { HoldfastError } from '../model/errors.ts';
import { type GuardedProcess, spawnGuarded } from './guarded-process.ts';
import { loopback, portInUse, probePort } from './ports.ts';

const what = 'DynamoDB';
const startMsMax = 10_000;

/** Where the binary for this platform lies, if it is installed. */
export async function findDynoxide(): Promise<string | undefined> {
  const name = `@dynoxide/${process.platform}-${process.arch}`;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const binary = join(manifest, '..', 'dynoxide');
    await access(binary, constants.X_OK);
    return binary;
  } catch {
    return undefined;
  }
}

export interface RunningDynoxide {
  readonly url: string;
  readonly process: GuardedProcess;
}

/**
 * Starts dynoxide and resolves once it answers. It ends with this process.
 *
 * @param port 0 takes a free one, at an address that nobody can guess
 * @param directory keeps the data there; in memory without it
 * @throws HoldfastError `PortInUse`, `EmulatorMissing`
 */
export async function startDynoxide(
  binary: string,
  port: number,
  directory?: string,
): Promise<RunningDynoxide> {
  // It cannot say which free port it took, so one is looked for first; somebody may take it in between.
  for (let attempt = 1; ; attempt++) {
    const chosen = await probePort(port, what);
    const host = port === 0 ? unknownAddress() : loopback;
    const url = `http://${host}:${chosen}`;
    const args = ['serve', '--host', host, '--port', String(chosen)];
    if (directory !== undefined) args.push('--db-path', join(directory, 'dynoxide.sqlite'));
    const child = await spawnGuarded(binary, args);
    const failure = await untilAnswers(child, url);
    if (failure === undefined) return { url, process: child };
    await child.stop();
    const taken = /already in use|address in use/i.test(failure);
    if (taken && port !== 0) throw portInUse(port, what);
    if (!taken || attempt === 5) {
      throw new HoldfastError('EmulatorMissing', `dynoxide did not start: ${failure || 'it gave no reason'}`);
    }
  }
}

/**
 * One of the sixteen million loopback addresses that Linux has. dynoxide lets the pages of any site read what it answers:
 * a page could find a port of 127.0.0.1 by trying them all, but not this.
 */
const unknownAddress = (): string =>
  process.platform === 'linux'
    ? `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
    : loopback;

/** Resolves to undefined when it answers, else to why not. */
async function untilAnswers(child: GuardedProcess, url: string): Promise<string | undefined> {
  const patience = AbortSignal.timeout(startMsMax);
  const ended = child.ended.then(({ output }) => output);
  while (!patience.aborted) {
    const answer = await Promise.race([answers(url), ended]);
    if (typeof answer === 'string') return answer;
    if (answer) return undefined;
    await pause(5);
  }
  return `no answer within ${startMsMax} ms`;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return true; // any answer at all: the request itself means nothing to it
  } catch {
    return false;
  }
}
