import { execFile } from 'node:child_process';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { spawnGuarded } from '../../lib/local/guarded-process.ts';
import { loopback, probePort } from '../../lib/local/ports.ts';
import { Unavailable } from '../figure.ts';
import { findProgram } from './program.ts';
import type { Server } from './server.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const debian = 'postgresql';
/** It waits for no disk: the embedded DynamoDB does not either. */
const memoryLike = ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'];

/** @param databases that it is to have. @throws Unavailable where it is not installed */
export async function startPostgres(databases: readonly string[]): Promise<Server> {
  const places = await debianPlaces();
  const find = (name: string) => findProgram(name, debian, places);
  const [postgres, initdb, createdb] = await Promise.all([
    find('postgres'),
    find('initdb'),
    find('createdb'),
  ]);
  await using opening = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-postgres-'));
  opening.defer(() => rm(directory, { recursive: true, force: true }));
  const asWhom = await notRoot(directory);
  const [first = '', ...others] = [...asWhom, initdb, '-D', directory, '-U', 'bench', '-A', 'trust', '-N'];
  await run(first, others, { cwd: directory });
  const port = await probePort(0, 'Postgres');
  const listening = [
    '-c',
    `listen_addresses=${loopback}`,
    '-c',
    'unix_socket_directories=',
    '-p',
    String(port),
  ];
  const [program = '', ...args] = [...asWhom, postgres, '-D', directory, ...listening, ...memoryLike];
  const server = await spawnGuarded(program, args);
  opening.defer(() => server.stop());
  for (const database of databases) {
    const create = () => run(createdb, ['-h', loopback, '-p', String(port), '-U', 'bench', database]);
    const isThere = await until(() => create().then(...yesOrNo));
    if (!isThere) throw new Unavailable('postgres does not answer');
  }
  const opened = opening.move();
  return {
    url: `postgres://bench@${loopback}:${port}`,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const yesOrNo = [() => true, () => false] as const;

/** Debian keeps the server's own programs off the PATH, by version: the newest first. */
async function debianPlaces(): Promise<string[]> {
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root).catch(() => []);
  return versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(root, version, 'bin'));
}

/** Postgres refuses to run as root: then it runs as the user that Debian made for it, or as nobody. */
async function notRoot(directory: string): Promise<readonly string[]> {
  if (process.getuid?.() !== 0) return [];
  const setpriv = await findProgram('setpriv', 'util-linux');
  const { stdout } = await run('id', ['-u', 'postgres']).catch(() => run('id', ['-u', 'nobody']));
  const uid = Number(stdout.trim());
  await chown(directory, uid, uid);
  return [setpriv, `--reuid=${uid}`, '--clear-groups', '--'];
}
