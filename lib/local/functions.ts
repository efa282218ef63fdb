import type { Context } from 'aws-lambda';
import { requestCounts } from '../compose/request-count.ts';
import type { Env } from '../config/env.ts';
import type { TaskExecutor } from '../define/task-executor.ts';
import { createDeadLetter } from '../lambda/dead-letter.ts';
import { createDiscover } from '../lambda/discover.ts';
import { createExecute } from '../lambda/execute.ts';
import type { Ms } from '../model/time.ts';
import { addCounts } from './environment-protocol.ts';
import { inProcessFunction } from './in-process-function.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { functionUrl } from './paths.ts';
import { type ProcessFunction, processFunction } from './process-function.ts';
import type { TaskModule } from './task-module.ts';

export interface LocalFunctions {
  readonly execute: LambdaFunction;
  readonly discover: LambdaFunction;
  readonly deadLetter: LambdaFunction;
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

interface FunctionsOptions {
  readonly env: Env;
  readonly timeoutMs: Ms;
}

/** The files in functions/, each environment a process. The executors start at once, discovery with its first tick. */
export function functionsInProcesses(
  options: FunctionsOptions & { readonly tasks: URL; readonly workers: number },
): LocalFunctions {
  const { env, timeoutMs, tasks, workers } = options;
  const execute = processFunction({
    functionName: names.execute,
    handler: functionUrl('execute'),
    tasks,
    env,
    timeoutMs,
  });
  const discover = processFunction({
    functionName: names.discover,
    handler: functionUrl('discover'),
    env,
    timeoutMs,
  });
  const deadLetter = processFunction({
    functionName: names.deadLetter,
    handler: functionUrl('dead-letter'),
    env,
    timeoutMs,
  });
  execute.warm(workers);
  const all: ProcessFunction[] = [execute, discover, deadLetter];
  return {
    execute,
    discover,
    deadLetter,
    executorPids: () => execute.pids(),
    requestCounts: () => addCounts(all.map((one) => one.requestCounts())),
  };
}

/** The same handlers in this process, over a module that is loaded already. */
export function functionsInProcess(
  options: FunctionsOptions & { readonly tasks: TaskModule; readonly executor: TaskExecutor | undefined },
): LocalFunctions {
  const { env, executor, timeoutMs, tasks } = options;
  const make = (functionName: string, handler: (event: never, context: Context) => unknown) =>
    inProcessFunction({ functionName, handler, timeoutMs });
  return {
    execute: make(names.execute, createExecute({ tasks, executor, env })),
    discover: make(names.discover, createDiscover({ env })),
    deadLetter: make(names.deadLetter, createDeadLetter({ env })),
    executorPids: () => [],
    requestCounts: () => ({}),
  };
}

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
