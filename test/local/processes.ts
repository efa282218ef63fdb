import { expect } from 'vitest';

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits for processes that are ending by themselves; the limit only keeps a failure from hanging. */
export async function expectGone(pids: readonly number[]): Promise<void> {
  await expect.poll(() => pids.filter(isAlive), { timeout: 15_000, interval: 20 }).toEqual([]);
}
