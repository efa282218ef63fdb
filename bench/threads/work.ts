import { spawn } from '../../lib/threads/index.ts';

/** The least that a call can be about: two numbers there, one back. */
export const add = (a: number, b: number): number => a + b;

/** Brings every thread of the pool up, and what they run to its full speed. */
export async function warm(calls: number): Promise<void> {
  await Promise.all(Array.from({ length: calls }, (_, n) => spawn(add, [n, 1])));
}
