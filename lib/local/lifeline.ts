import { Socket } from 'node:net';
import { lifelineDescriptor } from './environment-protocol.ts';

/*
 * Runs on a thread of its own, so that it notices the end of the runtime even while a handler keeps the main thread
 * busy for ever. The descriptor reports its end however the runtime ended, kill -9 included.
 */
const lifeline = new Socket({ fd: lifelineDescriptor, readable: true, writable: false });
lifeline.on('error', end).on('close', end).resume();

function end(): void {
  process.kill(process.pid, 'SIGKILL');
}
