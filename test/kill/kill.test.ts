import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { RoundReport, RunReport } from './round.ts';
import { meaning } from './tasks.ts';

/** `npm run test:kill` sets the full round; every other run makes a smaller one. */
const full = process.env.HOLDFAST_KILL_ROUND === 'full';
const goal = full ? { tasks: 1_000, kills: 200, stops: 50 } : { tasks: 120, kills: 20, stops: 5 };

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
    expect(report.runs).toHaveLength(goal.tasks);

    for (const run of report.runs) expectMeaning(run);

    const believed = believedCommits(ended, report.runs);
    // A killed one can no longer say that it committed; but what was said is in the result, once.
    expect(believed.filter(({ inResult, said }) => said > inResult)).toEqual([]);
    const refused = ended.filter(({ settled }) => settled === 'lost');
    expect(refused.filter((late) => late.task === 'work' && isInResult(report.runs, late))).toEqual([]);
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
  full ? 1_800_000 : 300_000,
);

/** A workflow gives the number that it means, and came through its tasks as often as it should. */
function expectMeaning({ made, number }: RunReport): void {
  if (!number) return;
  expect(number.made).toBe(meaning.of(number.given));
  expect(made.map(({ task }) => task).sort()).toEqual(meaning.tasks.toSorted());
}

/** Undisturbed, a task has the first epoch, and a workflow one for each branch and one for what follows. */
const wasTakenOver = ({ made, number }: RunReport): boolean =>
  Math.max(...made.map(({ epoch }) => epoch)) > (number ? 3 : 1);

/** What attempts said they committed, counted by run, task and epoch: there, and in the run's result. */
function believedCommits(ended: readonly Settled[], runs: readonly RunReport[]) {
  const ours = new Set(['work', ...meaning.tasks]);
  const keyOf = (run: string, { epoch, task }: { epoch: number; task: string }) => `${run} ${task} ${epoch}`;
  const results = runs.flatMap(({ id, made }) => made.map((each) => keyOf(id, each)));
  const inResults = Map.groupBy(results, (key) => key);
  const said = ended
    .filter(({ settled, task }) => settled === 'succeeded' && ours.has(task))
    .map((each) => keyOf(each.run, each));
  return [...Map.groupBy(said, (key) => key)].map(([key, all]) => ({
    key,
    said: all.length,
    inResult: inResults.get(key)?.length ?? 0,
  }));
}

const isInResult = (runs: readonly RunReport[], { epoch, run, task }: Settled): boolean =>
  runs.some(({ id, made }) => id === run && made.some((each) => each.task === task && each.epoch === epoch));

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
