import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pMap from 'p-map';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { flow, work } from './tasks.ts';

/*
 * One round, a program of its own: real executor processes are killed and frozen while they work.
 *   node round.ts --tasks N --kills N --stops N
 * Half of the N runs are single tasks, half of them workflows.
 * Log lines go to standard error, one JSON report to standard output. `runs` says how each run ended.
 */

export interface RoundReport {
  readonly kills: number;
  readonly stops: number;
  readonly seconds: number;
  readonly runs: readonly RunReport[];
}

export interface RunReport {
  readonly id: string;
  readonly status: string;
  /** Of all its nodes together, in the last iteration of loops. */
  readonly attempts: number;
  /** Of a workflow: the number that went in, and the one that came out. */
  readonly number?: { readonly given: number; readonly made: number };
  /** The tasks whose stored results it came of, and the fencing tokens under which these were made. */
  readonly made: readonly { readonly task: string; readonly epoch: number }[];
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
  // Short leases for the functions of workflows, too.
  settings: { discoveryPeriod: '500ms', lease: '1s', maxAttempts: 100 },
  logLevel: 'info',
});
const places = Array.from({ length: goal.tasks }, (_, index) => index);
const runs = await pMap(places, submit, { concurrency: 16 });
const done = await disturb(runtime, () => openRuns(runtime));
const report: RoundReport = {
  ...done,
  runs: await pMap(runs, reportOf, { concurrency: 8 }),
  seconds: Math.round((performance.now() - started) / 1_000),
};
process.stdout.write(`${JSON.stringify(report)}\n`);

/** Every other run is a workflow; all of them take about as long. */
async function submit(index: number): Promise<string> {
  const ms = between(500, 3_000);
  const { id } =
    index % 2 === 0
      ? await runtime.client.submit(work, { ms })
      : await runtime.client.submit(flow, { ms: Math.round(ms / 5), n: index, made: [] });
  return id;
}

async function reportOf(id: string): Promise<RunReport> {
  await runtime.client.wait(id, { timeout: '10m' });
  const run = await runtime.client.get(id);
  const attempts = run.nodes?.map(({ attempt }) => attempt) ?? [run.attempt];
  const about = {
    id,
    status: run.status,
    attempts: attempts.reduce((sum, attempt) => sum + attempt, 0),
  };
  if (run.status !== 'succeeded') return { ...about, made: [] };
  if (run.kind === 'task') {
    const { fencingToken } = run.output as { fencingToken: number };
    return { ...about, made: [{ task: 'work', epoch: fencingToken }] };
  }
  const { made, n } = run.output as { made: RunReport['made']; n: number };
  return { ...about, number: { given: (run.input as { n: number }).n, made: n }, made };
}

/** Kills and freezes until the goal is reached or nothing is left to disturb. */
async function disturb(runtime: LocalRuntime, isOpen: () => Promise<boolean>) {
  const frozen = new Map<number, Promise<void>>();
  let kills = 0;
  let stops = 0;
  while ((kills < goal.kills || stops < goal.stops) && (await isOpen())) {
    await pause(between(150, 450));
    // One that has only begun to start would lose nothing.
    const busy = await busyProcesses(runtime);
    const awake = runtime.processes().executors.filter((pid) => !frozen.has(pid) && busy.has(pid));
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

/** Those that hold a lease; some of them may be dead. */
async function busyProcesses({ client }: LocalRuntime): Promise<ReadonlySet<number>> {
  const { runs } = await client.list({ status: 'running', limit: 100 });
  return new Set(runs.map(({ workerId }) => Number(workerId?.split('-').at(-1))));
}

async function openRuns({ client }: LocalRuntime): Promise<boolean> {
  const ready = await client.list({ status: 'ready', limit: 1 });
  return ready.runs.length > 0 || (await client.list({ status: 'running', limit: 1 })).runs.length > 0;
}
