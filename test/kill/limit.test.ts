import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { LimitReport } from './limit-round.ts';
import { concurrency } from './limit-tasks.ts';

const full = process.env.HOLDFAST_KILL_ROUND === 'full';
const goal = full ? { tasks: 2_000, kills: 20 } : { tasks: 200, kills: 3 };

it(
  `a limit of ${concurrency} holds over ${goal.tasks} tasks while ${goal.kills} processes are killed`,
  async () => {
    const { kills, said, seconds, submitted, succeeded } = await round();
    expect(succeeded).toBeGreaterThanOrEqual(goal.tasks);
    expect({ submitted, kills: kills.length }).toEqual({ submitted: succeeded, kills: goal.kills });
    const most = mostAtOnce({ kills, said });
    console.log(`limit round: ${seconds} s, ${said.length} lines, ${most} at once at most`);
    // It must have been reached, or nothing was limited.
    expect(most).toBe(concurrency);
    // Each of them was killed while it was at it, or just before or after.
    expect(said.filter(({ what }) => what === 'begins').length).toBeGreaterThanOrEqual(goal.tasks);
  },
  full ? 1_200_000 : 300_000,
);

/** A handler is at it from its first line to its last, or to the death of its process. */
function mostAtOnce({ kills, said }: Pick<LimitReport, 'kills' | 'said'>): number {
  const within = new Map<string, number>();
  let most = 0;
  const deaths = kills.toSorted((a, b) => a.at - b.at);
  for (const { at, pid, run, token, what } of said) {
    while (deaths[0] && deaths[0].at < at) {
      const dead = deaths.shift()?.pid;
      for (const [key, owner] of within) if (owner === dead) within.delete(key);
    }
    if (what === 'begins') within.set(`${run} ${token}`, pid);
    else within.delete(`${run} ${token}`);
    most = Math.max(most, within.size);
  }
  return most;
}

async function round(): Promise<LimitReport> {
  const script = fileURLToPath(new URL('./limit-round.ts', import.meta.url));
  const options = Object.entries(goal).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const args = ['--conditions=holdfast-source', script, ...options];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 });
  const json = stdout.split('\n').find((line) => line.startsWith('{"seconds"'));
  if (!json) throw new Error(`the round made no report: ${stdout}`);
  return JSON.parse(json) as LimitReport;
}
