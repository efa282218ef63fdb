import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pMap from 'p-map';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { work } from './tasks.ts';

/*
 * One round, a program of its own: real executor processes are killed and frozen while they work.
 *   node round.ts --tasks N --kills N --stops N
 * Log lines go to standard error, one JSON report to standard output. `runs` says how each run ended.
 */

export interface RoundReport {
  readonly kills: number;
  readonly stops: number;
  readonly seconds: number;
  readonly runs: readonly {
    readonly id: string;
    readonly status: string;
    readonly attempt: number;
    /** The fencing token under which the stored result was made. */
    readonly token: number | undefined;
  }[];
}

const { values } = parseArgs({
  options: { tasks: { type: 'string' }, kills: { type: 'string' }, stops: { type: 'string' } },
});
const goal = { tasks: Number(values.tasks), kills: Number(values.kills), stops: Number(values.stops) };
/** Longer than lease and grace together: whoever wakes up has been taken over. */
const freezeMs = 9_000;
const between = (min: number, max: number) => min + Math.floor(Math.random() * (max - min));

const started = performance.now();
await using runtime = await startLocal({
  tasks: new URL('./tasks.ts', import.meta.url),
  port: 0,
  workers: 4,
  settings: { discoveryPeriod: '500ms' },
  logLevel: 'info',
});
const inputs = Array.from({ length: goal.tasks }, () => ({ ms: between(500, 3_000) }));
const runs = await pMap(inputs, (input) => runtime.client.submit(work, input), { concurrency: 16 });
const done = await disturb(runtime, () => openRuns(runtime));
const finished = await pMap(runs, (run) => runtime.client.wait(run, { timeout: '10m' }), { concurrency: 8 });
const report: RoundReport = {
  ...done,
  seconds: Math.round((performance.now() - started) / 1_000),
  runs: finished.map((run) => ({
    id: run.id,
    status: run.status,
    attempt: run.attempt,
    token: run.status === 'succeeded' ? run.output.fencingToken : undefined,
  })),
};
process.stdout.write(`${JSON.stringify(report)}\n`);

/** Kills and freezes until the goal is reached or nothing is left to disturb. */
async function disturb(runtime: LocalRuntime, isOpen: () => Promise<boolean>) {
  const frozen = new Map<number, Promise<void>>();
  let kills = 0;
  let stops = 0;
  while ((kills < goal.kills || stops < goal.stops) && (await isOpen())) {
    await pause(between(150, 450));
    const awake = runtime.processes().executors.filter((pid) => !frozen.has(pid));
    const pid = awake[between(0, awake.length)];
    if (pid === undefined) continue;
    // Never more than two asleep: somebody must do the work.
    if (
      stops < goal.stops &&
      frozen.size < 2 &&
      (kills >= goal.kills || Math.random() < goal.stops / goal.kills)
    ) {
      if (!signal(pid, 'SIGSTOP')) continue;
      stops += 1;
      frozen.set(
        pid,
        pause(freezeMs)
          .then(() => void signal(pid, 'SIGCONT'))
          .finally(() => frozen.delete(pid)),
      );
    } else if (kills < goal.kills && signal(pid, 'SIGKILL')) kills += 1;
  }
  await Promise.all(frozen.values());
  return { kills, stops };
}

/** False when the process has ended already. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

async function openRuns({ client }: LocalRuntime): Promise<boolean> {
  const ready = await client.list({ status: 'ready', limit: 1 });
  return ready.runs.length > 0 || (await client.list({ status: 'running', limit: 1 })).runs.length > 0;
}
