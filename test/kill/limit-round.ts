import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pMap from 'p-map';
import { startLocal } from '../../lib/local/index.ts';
import { limited } from './limit-tasks.ts';

/*
 * One round, a program of its own: real executor processes, killed while they work on tasks that share a limit.
 *   node limit-round.ts --tasks N --kills N
 * One JSON report to standard output.
 */

export interface LimitReport {
  readonly seconds: number;
  readonly submitted: number;
  readonly succeeded: number;
  /** When which process was killed. */
  readonly kills: readonly { readonly pid: number; readonly at: number }[];
  /** What handlers said of themselves, in the order in which they did. */
  readonly said: readonly {
    readonly what: 'begins' | 'ends';
    readonly run: string;
    readonly token: number;
    readonly pid: number;
    readonly at: number;
  }[];
}

const { values } = parseArgs({ options: { tasks: { type: 'string' }, kills: { type: 'string' } } });
const goal = { tasks: Number(values.tasks), kills: Number(values.kills) };
const file = join(tmpdir(), `holdfast-limit-${randomUUID()}.jsonl`);

const started = performance.now();
const kills: { pid: number; at: number }[] = [];
await using runtime = await startLocal({
  tasks: new URL('./limit-tasks.ts', import.meta.url),
  port: 0,
  workers: 4,
  settings: { discoveryPeriod: '500ms', lease: '1s', maxAttempts: 100 },
  logLevel: 'error',
});
const { client } = runtime;
const submit = (count: number) =>
  pMap(Array.from({ length: count }), () => client.submit(limited, { file, ms: 250 }), { concurrency: 8 });
/** Rounds of 50 ms without a handler that begins. */
const quietMax = 600;
const more = 50;
const runs = await submit(goal.tasks);

for (let begun = 0, quiet = 0, seen = 0; kills.length < goal.kills; ) {
  await pause(50);
  const text = await readFile(file, 'utf8').catch(() => '');
  const now = text.split('"begins"').length - 1;
  quiet = now > seen ? 0 : quiet + 1;
  seen = now;
  // All are done before enough processes were killed: then there are more.
  if (quiet > quietMax) runs.push(...(await submit(more)));
  // Spread over the whole of it: after each so many handlers another process dies.
  if (now - begun < (goal.tasks * 0.8) / goal.kills) continue;
  const last = text.trimEnd().split('\n').at(-1);
  const { pid } = JSON.parse(last ?? '{}') as { pid: number };
  try {
    process.kill(pid, 'SIGKILL');
    kills.push({ pid, at: Date.now() });
    begun = now;
  } catch {
    // It was dead already: the next one that says something.
  }
}
const ended = await pMap(runs, (run) => client.wait(run, { timeout: '10m' }), { concurrency: 8 });
const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
const report: LimitReport = {
  seconds: Math.round((performance.now() - started) / 1_000),
  submitted: ended.length,
  succeeded: ended.filter(({ status }) => status === 'succeeded').length,
  kills,
  said: lines.map((line) => JSON.parse(line) as LimitReport['said'][number]),
};
await Promise.all([file, `${file}.met`].map((each) => rm(each, { force: true })));
process.stdout.write(`${JSON.stringify(report)}\n`);
