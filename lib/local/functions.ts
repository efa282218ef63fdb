import { hostname } from 'node:os';
import type { Context } from 'aws-lambda';
import { requestCounts } from '../compose/request-count.ts';
import { type Env, envNames } from '../config/env.ts';
import { defaultPool } from '../config/pools.ts';
import type { TaskExecutor } from '../define/task-executor.ts';
import { createDeadLetter } from '../lambda/dead-letter.ts';
import { createDiscover } from '../lambda/discover.ts';
import { createExecute } from '../lambda/execute.ts';
import type { Ms } from '../model/time.ts';
import { addCounts } from './environment-protocol.ts';
import { inProcessFunction } from './in-process-function.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { functionUrl } from './paths.ts';
import type { PoolPlan } from './pools.ts';
import { type ProcessFunction, processFunction } from './process-function.ts';
import type { TaskModule } from './task-module.ts';

/** What runs the tasks of one pool. */
export interface PoolExecutors {
  readonly usual: LambdaFunction;
  /** For the lane `aged`; the same function where each event has an environment of its own. */
  readonly aged: LambdaFunction;
}

export interface LocalFunctions {
  /** Of each pool, by its name. */
  readonly executors: ReadonlyMap<string, PoolExecutors>;
  readonly discover: LambdaFunction;
  readonly deadLetter: LambdaFunction;
  /** Each of them once. */
  readonly all: readonly LambdaFunction[];
  /** Process ids of the executors alive; none where they run in this process. */
  executorPids(): number[];
  /** Requests of processes other than this one. */
  requestCounts(): Record<string, number>;
}

const names = {
  execute: 'holdfast-execute',
  discover: 'holdfast-discover',
  deadLetter: 'holdfast-dead-letter',
} as const;

const executeName = (pool: string): string =>
  pool === defaultPool ? names.execute : `${names.execute}-${pool}`;

interface FunctionsOptions {
  readonly env: Env;
  readonly timeoutMs: Ms;
  readonly pools: readonly PoolPlan[];
}

/** The files in functions/, each environment a process. The executors start at once, discovery with its first tick. */
export function functionsInProcesses(options: FunctionsOptions & { readonly tasks: URL }): LocalFunctions {
  const { env, pools, timeoutMs, tasks } = options;
  const executors = new Map<string, PoolExecutors>();
  const executing: ProcessFunction[] = [];
  for (const pool of pools) {
    const execute = processFunction({
      functionName: executeName(pool.name),
      handler: functionUrl('execute'),
      tasks,
      env: { ...env, [envNames.pool]: pool.name },
      timeoutMs,
    });
    execute.warm(environmentsOf(pool));
    executors.set(pool.name, { usual: execute, aged: execute });
    executing.push(execute);
  }
  const make = (functionName: string, file: 'discover' | 'dead-letter') =>
    processFunction({ functionName, handler: functionUrl(file), env, timeoutMs });
  const discover = make(names.discover, 'discover');
  const deadLetter = make(names.deadLetter, 'dead-letter');
  const all = [...executing, discover, deadLetter];
  return {
    executors,
    discover,
    deadLetter,
    all,
    executorPids: () => executing.flatMap((one) => one.pids()),
    requestCounts: () => addCounts(all.map((one) => one.requestCounts())),
  };
}

/** What has aged has an executor of its own: on Lambda it has a mapping of its own. */
const environmentsOf = ({ lanes, workers }: PoolPlan): number =>
  workers > 0 && lanes.includes('aged') ? workers + 1 : workers;

/** The same handlers in this process, over a module that is loaded already. */
export function functionsInProcess(
  options: FunctionsOptions & { readonly tasks: TaskModule; readonly executor: TaskExecutor | undefined },
): LocalFunctions {
  const { env, executor, pools, timeoutMs, tasks } = options;
  const make = (functionName: string, handler: (event: never, context: Context) => unknown) =>
    inProcessFunction({ functionName, handler, timeoutMs });
  const execute = (pool: string, worker: string) => {
    const own = { ...env, ...workerName(worker), [envNames.pool]: pool };
    return make(executeName(pool), createExecute({ tasks, executor, env: own }));
  };
  const executors = new Map<string, PoolExecutors>();
  for (const { lanes, name } of pools) {
    const usual = execute(name, name);
    // Within one process all invocations of a handler share its limit: what has aged must not wait for it.
    executors.set(name, { usual, aged: lanes.includes('aged') ? execute(name, `${name}-aged`) : usual });
  }
  const discover = make(names.discover, createDiscover({ env }));
  const deadLetter = make(names.deadLetter, createDeadLetter({ env }));
  const executing = [...executors.values()].flatMap(({ aged, usual }) => [usual, aged]);
  return {
    executors,
    discover,
    deadLetter,
    all: [...new Set([...executing, discover, deadLetter])],
    executorPids: () => [],
    requestCounts: () => ({}),
  };
}

/** Several workers in one process need names of their own; on Lambda the log stream is that. */
const workerName = (worker: string): Env =>
  worker === defaultPool ? {} : { AWS_LAMBDA_LOG_STREAM_NAME: `${hostname()}-${process.pid}-${worker}` };

/** Requests this process sends from now on. */
export function ownRequestCounts(): () => Record<string, number> {
  const before = requestCounts();
  return () => {
    const now = Object.entries(requestCounts()).map(
      ([name, count]) => [name, count - (before[name] ?? 0)] as const,
    );
    return Object.fromEntries(now.filter(([, count]) => count > 0));
  };
}
