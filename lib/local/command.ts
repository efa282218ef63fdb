import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Duration } from '../model/duration.ts';
import type { FoundFiles } from './demo/files.ts';
import { planDemo, runDemo } from './demo.ts';
import { type DynamoDbEngine, dynamoDbEngines } from './dynamodb-server.ts';
import { checkEnvFile, writeEnvFile } from './env-file.ts';
import { fired } from './fired.ts';
import type { LocalOptions } from './options.ts';
import { exampleTasks } from './paths.ts';
import { poolsArgument } from './pools-argument.ts';
import { type LocalRuntime, startLocal } from './runtime.ts';
import { interruptedCode, untilSignalled } from './signals.ts';
import { loadTaskModule, taskModuleUrl, taskNames } from './task-module.ts';

/** What the command line gives, as commander names it. */
export interface LocalCommandOptions {
  readonly demo?: string | true;
  readonly tasks?: string;
  readonly port: number;
  readonly dynamodbPort: number;
  readonly sqsPort: number;
  readonly persist?: string;
  readonly writeEnv?: string;
  readonly workers?: number;
  readonly pools?: string;
  readonly defaultTask?: string;
  readonly functionTimeout?: Duration;
  readonly dynamodb: DynamoDbEngine;
}

/** The options of `npm start` and `holdfast dev`. */
export function addLocalOptions(command: Command): Command {
  return (
    command
      .option('--demo [directory]', 'run one task per file of the directory, check the results and end')
      .option('--tasks <file>', 'the module that exports the tasks (default: the example tasks)')
      .option('--port <number>', 'port of the API; 0 takes a free one', wholeNumber, 3_000)
      .option('--dynamodb-port <number>', 'port of DynamoDB; 0 takes a free one', wholeNumber, 0)
      .option('--sqs-port <number>', 'port of SQS; 0 takes a free one', wholeNumber, 0)
      .option('--persist <directory>', 'keep all data there, over restarts (default: in memory)')
      // Not --env-file: Node takes that for itself, even behind the script's name.
      .option('--write-env <file>', 'write there how programs reach all of it: node --env-file FILE')
      .option('--workers <number>', 'executor processes of a pool (default: cores); 0 for none', wholeNumber)
      .option('--pools <json>', 'pools beside `default`, with their tags, lanes and workers: JSON, or a file')
      .option('--default-task <name>', 'the task that POST /tasks without a task means')
      .option('--function-timeout <duration>', "when an invocation is ended, '1s' to '15m' (default: 15m)")
      .addOption(
        new Option('--dynamodb <engine>', 'which DynamoDB to start').choices(dynamoDbEngines).default('auto'),
      )
  );
}

/** How long a start that was interrupted may take to be undone in order; its processes end with this one anyway. */
const undoMsMax = 2_000;

/**
 * Starts the runtime, says so in one line, and serves until it is told to end by SIGINT, SIGTERM or SIGHUP, or until
 * the demo is over. A signal ends the start too. A second signal ends the process at once.
 *
 * @param print takes whole lines
 * @returns the exit code: 130 for a demo that was interrupted
 * @throws HoldfastError as `startLocal`, and `EmulatorEnded` while it serves
 */
export async function runLocal(
  options: LocalCommandOptions,
  print: (line: string) => void = console.log,
): Promise<number> {
  const told = untilSignalled().then(() => (options.demo === undefined ? 0 : interruptedCode));
  const starting = start(options);
  const started = await Promise.race([starting, told]);
  if (typeof started === 'number') {
    await undo(starting);
    return started;
  }
  const { demo } = started;
  await using runtime = started.runtime;
  await using _ =
    options.writeEnv === undefined ? undefined : await writeEnvFile(options.writeEnv, runtime.env);
  print(`holdfast ready ${runtime.url}`);
  // Awaited here: the runtime is closed as soon as this function returns.
  const over = demo === undefined ? [told] : [runDemo(runtime, demo), told];
  return await Promise.race([...over, runtime.ended]);
}

/** Closes what a start that is no longer wanted brings up, if it comes to an end. */
async function undo(starting: Promise<Started>): Promise<void> {
  const undone = starting.then(
    ({ runtime }) => runtime.close(),
    () => {},
  );
  await Promise.race([undone, fired(AbortSignal.timeout(undoMsMax))]);
}

interface Started {
  readonly runtime: LocalRuntime;
  readonly demo: FoundFiles | undefined;
}

async function start(options: LocalCommandOptions): Promise<Started> {
  if (options.writeEnv !== undefined) await checkEnvFile(options.writeEnv);
  const demo = options.demo === undefined ? undefined : await demoOf(options, options.demo);
  return { runtime: await startLocal(await localOptions(options)), demo };
}

async function demoOf({ tasks }: LocalCommandOptions, directory: string | true): Promise<FoundFiles> {
  const names = taskNames(await loadTaskModule(taskModuleUrl(tasks ?? exampleTasks)));
  return directory === true ? planDemo(names) : planDemo(names, directory);
}

async function localOptions(given: LocalCommandOptions): Promise<LocalOptions> {
  const { demo: _, writeEnv: _file, pools, tasks, ...rest } = given;
  return {
    ...rest,
    tasks: tasks ?? exampleTasks,
    ...(pools !== undefined && { pools: await poolsArgument(pools) }),
  };
}

function wholeNumber(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}
