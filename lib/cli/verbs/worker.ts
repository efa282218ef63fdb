import { type Command, InvalidArgumentError } from 'commander';
import { envNames } from '../../config/env.ts';
import { exampleTasks } from '../../local/paths.ts';
import { interruptedCode, takeSignals } from '../../local/signals.ts';
import { type Duration, parseDuration } from '../../model/duration.ts';
import { HoldfastError } from '../../model/errors.ts';
import { Worker, type WorkerHandle, type WorkerOptions } from '../../worker/index.ts';
import type { Cli } from '../cli.ts';
import { wholeNumber } from '../options.ts';

interface Given {
  readonly id?: string;
  readonly pool?: string;
  readonly maxParallel?: number;
  readonly batchSize?: number;
  readonly drainSeconds?: number;
  readonly connectTimeout?: Duration;
  readonly tasks?: string;
}

export function addWorker(program: Command, cli: Cli): void {
  program
    .command('worker')
    .summary('run tasks in this process')
    .description(
      `Runs the tasks of a pool in this process, until it is told to end: at the first signal it takes nothing more and
lets what runs come to its end, at the second it hands that back. It reaches table and queue as ${envNames.table},
${envNames.pools} and the usual AWS variables say.`,
    )
    .option('--id <name>', 'what it is called among the workers (default: {hostname}-{pid})')
    .option('--pool <name>', `whose tasks it runs (default: ${envNames.pool}, else default)`)
    .option('--max-parallel <number>', 'tasks at a time (default: the number of cores)', wholeNumber)
    .option('--batch-size <number>', 'messages that it asks for at a time, 1 to 10 (default: 1)', wholeNumber)
    .option('--drain-seconds <number>', 'how long what runs may go on at the end (default: 20)', wholeNumber)
    .option('--connect-timeout <duration>', 'how long it tries to reach its stack (default: 30s)', timeLimit)
    .option('--tasks <file>', 'the module that exports the tasks (default: the example tasks)')
    .action(async (given: Given, command: Command) => {
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      await run(workerOf(given, cli), cli, json ?? false);
    });
}

async function run(worker: Worker, cli: Cli, json: boolean): Promise<void> {
  await using handle = worker.spawn();
  using _ = takeSignals((count) => end(handle, count));
  const { id } = handle;
  handle.ready.then(
    () =>
      cli.out(json ? `${JSON.stringify({ worker: id, ready: true })}\n` : `holdfast worker ready ${id}\n`),
    () => {}, // joining tells why not
  );
  await handle.join();
}

/** In order, then in a hurry, then anyhow. */
function end(handle: WorkerHandle, count: number): void {
  if (count === 1) handle.shutdown();
  else if (count === 2) handle.abort();
  else process.exit(interruptedCode);
}

function workerOf(given: Given, { env }: Cli): Worker {
  const { batchSize, connectTimeout, drainSeconds, id, maxParallel, pool } = given;
  const settings: WorkerOptions['settings'] = {
    ...(maxParallel !== undefined && { maxParallel }),
    ...(batchSize !== undefined && { batchSize }),
    ...(drainSeconds !== undefined && { drain: `${drainSeconds}s` }),
    ...(connectTimeout !== undefined && { connectTimeout }),
  };
  try {
    const worker = new Worker(given.tasks ?? exampleTasks, { env, settings });
    const named = id === undefined ? worker : worker.id(id);
    return pool === undefined ? named : named.pool(pool);
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'MissingSetting') throw error;
    throw new HoldfastError(error.code, error.message, {
      field: error.field,
      cause: error,
      hint: 'Of a deployed stack take the outputs; `npm start -- --write-env FILE` writes those of a local one.',
    });
  }
}

/** A duration, or seconds. */
function timeLimit(text: string): Duration {
  if (/^\d{1,6}$/.test(text)) return `${Number(text)}s`;
  try {
    return `${parseDuration(text, '--connect-timeout')}ms`;
  } catch {
    throw new InvalidArgumentError("It must be seconds, or a duration such as '30s' or '1m'.");
  }
}
