import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { RoundReport, RunReport } from './round.ts';
import { meanings } from './tasks.ts';

/** `npm run test:kill` sets the full round; every other run makes a smaller one. */
const full = process.env.HOLDFAST_KILL_ROUND === 'full';
const goal = full ? { tasks: 1_000, kills: 200, stops: 50 } : { tasks: 100, kills: 20, stops: 5 };

interface Settled {
  readonly run: string;
  readonly task: string;
  readonly epoch: number;
  readonly settled: string;
}

it(
  `${goal.kills} kills and ${goal.stops} freezes over ${goal.tasks} tasks and workflows: nothing lost, nothing committed twice`,
  async () => {
    const { report, ended } = await round();
    expect(report.runs.filter(({ status }) => status !== 'succeeded')).toEqual([]);
    expect(report.runs.length).toBeGreaterThanOrEqual(goal.tasks);

    for (const run of report.runs) expectMeaning(run, report.runs);
    // Each order has one child run, and nobody owes anybody anything.
    const orders = report.runs.filter(({ task }) => task === 'order');
    expect(report.succeeded).toBe(report.runs.length + orders.length);

    const believed = believedCommits(ended, report.runs);
    // A killed one can no longer say that it committed; but what was said is in the result, once.
    expect(believed.filter(({ inResult, said }) => said > inResult)).toEqual([]);
    const refused = ended.filter(({ settled }) => settled === 'lost');
    expect(refused.filter((late) => isAlone(late.task) && isInResult(report.runs, late))).toEqual([]);
    // The round must have hurt, or it proves nothing.
    expect({ kills: report.kills, stops: report.stops }).toEqual({ kills: goal.kills, stops: goal.stops });
    expect(report.runs.filter(wasTakenOver).length).toBeGreaterThan(goal.kills / 2);
    expect(refused.length).toBeGreaterThan(0);
    const total = report.runs.reduce((sum, { attempts }) => sum + attempts, 0);
    const said = believed.reduce((sum, each) => sum + each.said, 0);
    console.log(
      `kill round: ${report.seconds} s, ${report.runs.filter(wasTakenOver).length} taken over, ${total} attempts, ${refused.length} late results refused, ` +
        `${said} commits heard of, 0 lost, 0 double`,
    );
  },
  full ? 1_800_000 : 600_000,
);

/** A task of its own, whose run has no other: what a zombie made of it cannot be in the result. */
const isAlone = (task: string): boolean => task === 'work' || task === 'gather';

/**
 * A workflow gives the number that it means, and came through its tasks as often as it should; what depends on others got
 * what they gave.
 */
function expectMeaning(
  { dependsOn = [], from, made, number, task }: RunReport,
  all: readonly RunReport[],
): void {
  const outputs = dependsOn.map((run) => ({ run, n: all.find(({ id }) => id === run)?.number?.made }));
  if (task === 'gather') expect(from?.toSorted(byRun)).toEqual(outputs.toSorted(byRun));
  if (task !== 'flow' && task !== 'order') return;
  const meaning = meanings[task];
  expect(number?.made).toBe(meaning.of(number?.given ?? Number.NaN));
  expect(made.map((each) => each.task).sort()).toEqual(meaning.tasks.toSorted());
}

const byRun = (a: { readonly run: string }, b: { readonly run: string }) => (a.run < b.run ? -1 : 1);

/**
 * Undisturbed, a task and a child run have the first epoch; a fork and a loop one for each branch and one for what
 * follows, an order one at its beginning, after its child and after its signal.
 */
const wasTakenOver = ({ id, made, number }: RunReport): boolean =>
  made.some(({ epoch, run }) => epoch > (number && run === id ? 3 : 1));

/** What attempts said they committed, counted by run, task and epoch: there, and in the run's result. */
function believedCommits(ended: readonly Settled[], runs: readonly RunReport[]) {
  const ours = new Set<string>(['work', 'gather', ...Object.values(meanings).flatMap(({ tasks }) => tasks)]);
  const keyOf = ({ epoch, run, task }: Pick<Settled, 'epoch' | 'run' | 'task'>) => `${run} ${task} ${epoch}`;
  const inResults = Map.groupBy(
    runs.flatMap(({ made }) => made.map(keyOf)),
    (key) => key,
  );
  const said = ended.filter(({ settled, task }) => settled === 'succeeded' && ours.has(task)).map(keyOf);
  return [...Map.groupBy(said, (key) => key)].map(([key, all]) => ({
    key,
    said: all.length,
    inResult: inResults.get(key)?.length ?? 0,
  }));
}

const isInResult = (runs: readonly RunReport[], { epoch, run, task }: Settled): boolean =>
  runs.some(({ made }) =>
    made.some((each) => each.run === run && each.task === task && each.epoch === epoch),
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
