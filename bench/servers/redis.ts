import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnGuarded } from '../../lib/local/guarded-process.ts';
import { loopback, probePort } from '../../lib/local/ports.ts';
import { Unavailable } from '../figure.ts';
import { findProgram } from './program.ts';
import type { Server } from './server.ts';
import { until } from './until.ts';

/** Keeps everything in memory, as the embedded DynamoDB does. @throws Unavailable where it is not installed */
export async function startRedis(): Promise<Server> {
  const program = await findProgram('redis-server', 'redis-server');
  await using opening = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-redis-'));
  opening.defer(() => rm(directory, { recursive: true, force: true }));
  const port = await probePort(0, 'Redis');
  const memoryOnly = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'];
  const args = ['--bind', loopback, '--port', String(port), '--dir', directory, ...memoryOnly];
  const server = await spawnGuarded(program, args);
  opening.defer(() => server.stop());
  if (!(await until(() => isListening(port)))) throw new Unavailable('redis-server does not answer');
  const opened = opening.move();
  return { url: `redis://${loopback}:${port}`, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function isListening(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createConnection({ host: loopback, port });
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
