import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import pMap from 'p-map';
import type { Client, Submitted } from '../client/client.ts';
import type { FinishedRun } from '../client/run-view.ts';
import { HoldfastError } from '../model/errors.ts';
import { type FileStatistics, measureDirectly } from './demo/direct.ts';
import { type FoundFiles, findFiles } from './demo/files.ts';
import { progressLine } from './demo/progress.ts';
import { type Counts, difference, reportLines } from './demo/report.ts';

/** What the demo needs of a running embedded runtime. */
export interface DemoRuntime {
  readonly client: Client;
  requestCounts(): Counts;
}

/** The task that measures a file: one of the examples. */
const demoTask = 'file-stats';
const resultsFile = 'holdfast-demo-results.json';
const atOnce = 32;

interface Measured {
  readonly path: string;
  readonly run: FinishedRun;
}

/**
 * What the demo will measure, found before anything is started.
 *
 * @param names of the tasks that will be served
 * @throws HoldfastError `InvalidArgument`, `UnknownTask` when the task that measures is not among them
 */
export async function planDemo(names: readonly string[], directory?: string): Promise<FoundFiles> {
  if (!names.includes(demoTask)) {
    throw new HoldfastError(
      'UnknownTask',
      `The demo needs the task ${demoTask}, which the tasks module lacks`,
      {
        field: 'demo',
        hint: 'Leave --tasks away, or export a task of this name like that in examples/tasks/file-stats.ts.',
      },
    );
  }
  return findFiles(directory);
}

/**
 * One durable task for each file: SHA-256, size, lines and words. Every result is checked against a second, direct
 * computation.
 *
 * @returns the exit code: 0 only if every task succeeded and every result agrees
 */
export async function runDemo(runtime: DemoRuntime, { files, skipped }: FoundFiles): Promise<number> {
  const before = runtime.requestCounts();
  const started = performance.now();
  const measured = await measureAll(runtime.client, files);
  const seconds = (performance.now() - started) / 1_000;
  const counts = difference(runtime.requestCounts(), before);
  const wrong = await disagreements(measured);
  await writeResults(measured);
  const retries = measured.reduce((total, { run }) => total + Math.max(0, run.attempt - 1), 0);
  for (const line of reportLines({ tasks: files.length, seconds, retries, counts })) console.log(line);
  console.log(`results                ${resolve(resultsFile)}`);
  for (const line of skipped) console.error(`skipped ${line}`);
  for (const line of wrong) console.error(line);
  if (skipped.length > 0) console.log(`skipped                ${skipped.length}`);
  const agree = measured.length - wrong.length;
  console.log(`checked                ${agree} of ${measured.length} agree with a direct computation`);
  return wrong.length === 0 ? 0 : 1;
}

/** Submits everything first, so that the runtime works at its own speed, then takes the results as they come. */
async function measureAll(client: Client, files: readonly string[]): Promise<Measured[]> {
  const line = progressLine(files.length);
  let ended = 0;
  line.show(ended);
  const submitted = pMap(files, (path) => client.submitByName(demoTask, { path }), {
    concurrency: atOnce,
  });
  const finish = async (run: Submitted, path: string): Promise<Measured> => {
    const finished = await client.wait(run);
    ended += 1;
    line.show(ended);
    return { path, run: finished };
  };
  try {
    return await pMap(await submitted, (run, index) => finish(run, files[index] ?? ''), {
      concurrency: atOnce,
    });
  } finally {
    line.clear();
  }
}

async function disagreements(measured: readonly Measured[]): Promise<string[]> {
  const lines = await pMap(
    measured,
    async ({ path, run }) => {
      if (run.status !== 'succeeded') return `${path}: ${run.status} ${run.error?.message ?? ''}`;
      const direct = await measureDirectly(path);
      return isDeepStrictEqual(run.output, direct)
        ? undefined
        : `${path}: ${JSON.stringify([run.output, direct])}`;
    },
    { concurrency: atOnce },
  );
  return lines.filter((line) => line !== undefined);
}

async function writeResults(measured: readonly Measured[]): Promise<void> {
  const results = measured.map(({ path, run }) => ({
    path,
    run: run.id,
    status: run.status,
    ...(run.status === 'succeeded' ? (run.output as FileStatistics) : { error: run.error }),
  }));
  await writeFile(resultsFile, `${JSON.stringify(results, null, 2)}\n`);
}
