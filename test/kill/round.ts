import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pMap from 'p-map';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { listed, signalOrders } from './people.ts';
import { flow, gather, order, work } from './tasks.ts';

/*
 * One round, a program of its own: real executor processes are killed and frozen while they work.
 *   node round.ts --tasks N --kills N --stops N
 * Of ten runs four are single tasks, three workflows of a fork and a loop, two orders with a child run, that wait for a
 * signal, and one a task that depends on two of the others.
 * Log lines go to standard error, one JSON report to standard output. `runs` says how each run ended.
 */

export interface RoundReport {
  readonly kills: number;
  readonly stops: number;
  readonly seconds: number;
  readonly runs: readonly RunReport[];
  /** How many runs have succeeded and owe nothing any more, child runs among them. */
  readonly succeeded: number;
}

export interface RunReport {
  readonly id: string;
  readonly task: string;
  readonly status: string;
  /** Of all its nodes together, in the last iteration of loops. */
  readonly attempts: number;
  /** Of a workflow: the number that went in, and the one that came out. */
  readonly number?: { readonly given: number; readonly made: number };
  /** The tasks whose stored results it came of, their runs, and the fencing tokens under which these were made. */
  readonly made: readonly { readonly task: string; readonly run: string; readonly epoch: number }[];
  /** Of one that depends on others: these, and the numbers that it got of them. */
  readonly from?: readonly { readonly run: string; readonly n: number }[];
  readonly dependsOn?: readonly string[];
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
const tens = Array.from({ length: goal.tasks / 10 }, (_, index) => index);
const runs = (await pMap(tens, submitTen, { concurrency: 8 })).flat();
const orders = runs.filter((_, index) => isOrder(index));
const [done] = await Promise.all([disturb(runtime), signalOrders(runtime, orders)]);
const report: RoundReport = {
  ...done,
  runs: await pMap(runs, reportOf, { concurrency: 8 }),
  succeeded: await listed(runtime, { status: 'succeeded', until: runs.length + orders.length }),
  seconds: Math.round((performance.now() - started) / 1_000),
};
process.stdout.write(`${JSON.stringify(report)}\n`);

function isOrder(index: number): boolean {
  return index % 10 === 7 || index % 10 === 8;
}

/** All of them take about as long. */
async function submitTen(ten: number): Promise<string[]> {
  const ids: string[] = [];
  for (let place = 0; place < 10; place += 1) ids.push(await submit(ten * 10 + place, place, ids));
  return ids;
}

async function submit(index: number, place: number, earlier: readonly string[]): Promise<string> {
  const { client } = runtime;
  const ms = between(500, 3_000);
  const piece = { ms: Math.round(ms / 5), n: index, made: [] };
  if (place < 4) return (await client.submit(work, { ms })).id;
  if (place < 7) return (await client.submit(flow, piece)).id;
  if (isOrder(index)) return (await client.submit(order, piece)).id;
  return (await client.submit(gather, { ms: piece.ms }, { dependsOn: earlier.slice(6, 8) })).id;
}

async function reportOf(id: string): Promise<RunReport> {
  await runtime.client.wait(id, { timeout: '10m' });
  const run = await runtime.client.get(id);
  const attempts = run.nodes?.map(({ attempt }) => attempt) ?? [run.attempt];
  const { dependsOn, status, task } = run;
  const sum = attempts.reduce((total, attempt) => total + attempt, 0);
  const about = { id, task, status, attempts: sum, ...(dependsOn && { dependsOn }) };
  if (run.status !== 'succeeded') return { ...about, made: [] };
  const { made, from, n } = run.output as Pick<RunReport, 'made' | 'from'> & { n?: number };
  const { n: given } = run.input as { n?: number };
  const number = given === undefined || n === undefined ? {} : { number: { given, made: n } };
  return { ...about, ...number, made, ...(from && { from }) };
}

/** On a slow machine the runs may be done before they were disturbed as often as they are to be: then there are more. */
const more = 20;

/** Kills and freezes until the goal is reached. */
async function disturb(runtime: LocalRuntime) {
  const frozen = new Map<number, Promise<void>>();
  let kills = 0;
  let stops = 0;
  while (kills < goal.kills || stops < goal.stops) {
    if (!(await hasOpenRuns(runtime)))
      for (let each = 0; each < more; each += 1) runs.push(await submit(runs.length, 0, []));
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

async function hasOpenRuns({ client }: LocalRuntime): Promise<boolean> {
  for (const status of ['ready', 'running', 'waiting'] as const)
    if ((await client.list({ status, limit: 1 })).runs.length > 0) return true;
  return false;
}
