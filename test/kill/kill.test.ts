import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { RoundReport } from './round.ts';

/** `npm run test:kill` sets the full round; every other run makes a smaller one. */
const full = process.env.HOLDFAST_KILL_ROUND === 'full';
const goal = full ? { tasks: 1_000, kills: 200, stops: 50 } : { tasks: 120, kills: 20, stops: 5 };

interface Settled {
  readonly run: string;
  readonly epoch: number;
  readonly settled: string;
}

it(
  `${goal.kills} kills and ${goal.stops} freezes over ${goal.tasks} tasks: nothing lost, nothing committed twice`,
  async () => {
    const { report, ended } = await round();
    expect(report.runs.filter(({ status }) => status !== 'succeeded')).toEqual([]);
    expect(report.runs).toHaveLength(goal.tasks);

    // Every attempt that believed it had committed, by run. A killed one can no longer say.
    const commits = Map.groupBy(
      ended.filter(({ settled }) => settled === 'succeeded'),
      ({ run }) => run,
    );
    const byId = new Map(report.runs.map((run) => [run.id, run]));
    for (const [id, claimed] of commits) {
      expect(claimed).toHaveLength(1);
      expect(claimed[0]?.epoch).toBe(byId.get(id)?.token);
    }
    const refused = ended.filter(({ settled }) => settled === 'lost');
    for (const { run, epoch } of refused) expect(byId.get(run)?.token).not.toBe(epoch);
    // The round must have hurt, or it proves nothing.
    expect({ kills: report.kills, stops: report.stops }).toEqual({ kills: goal.kills, stops: goal.stops });
    expect(report.runs.filter(({ attempt }) => attempt > 1).length).toBeGreaterThan(goal.kills / 2);
    expect(refused.length).toBeGreaterThan(0);
    const attempts = report.runs.reduce((sum, { attempt }) => sum + attempt, 0);
    console.log(
      `kill round: ${report.seconds} s, ${attempts} attempts, ${refused.length} late results refused, ` +
        `${commits.size} commits heard of, 0 lost, 0 double`,
    );
  },
  full ? 1_800_000 : 300_000,
);

async function round(): Promise<{ report: RoundReport; ended: readonly Settled[] }> {
  const script = fileURLToPath(new URL('./round.ts', import.meta.url));
  const options = Object.entries(goal).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, ['--conditions=holdfast-source', script, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended: Settled[] = [];
  const unread: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    if (line.includes('"attempt ended"')) ended.push(JSON.parse(line) as Settled);
    else if (!line.startsWith('{')) unread.push(line);
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (child.exitCode !== 0) throw new Error(`the round ended with ${child.exitCode}:\n${unread.join('\n')}`);
  const json = output.split('\n').find((line) => line.startsWith('{"kills"'));
  if (!json) throw new Error(`the round made no report: ${output}`);
  return { report: JSON.parse(json) as RoundReport, ended };
}
