import { SQSClient } from '@aws-sdk/client-sqs';
import type { Client } from '../client/client.ts';
import { createClient } from '../client/create-client.ts';
import { isLogLevel, powertoolsLogger } from '../compose/powertools-logger.ts';
import { countSqsRequests } from '../compose/request-count.ts';
import { systemClock } from '../compose/system.ts';
import { type Env, envNames } from '../config/env.ts';
import { readSettings, type Settings } from '../config/settings.ts';
import { createApi } from '../lambda/api.ts';
import { HoldfastError } from '../model/errors.ts';
import { type ApiServer, serveApi } from './api-server.ts';
import { localCredentials, localRegion } from './credentials.ts';
import { addCounts } from './environment-protocol.ts';
import { startEventSource } from './event-source.ts';
import {
  functionsInProcess,
  functionsInProcesses,
  type LocalFunctions,
  ownRequestCounts,
} from './functions.ts';
import { type LocalOptions, type LocalPlan, planOf } from './options.ts';
import { probePort } from './ports.ts';
import { startSchedule } from './schedule.ts';
import { type LocalServices, settingsEnv, stackEnv, startServices } from './services.ts';
import { loadTaskModule, type TaskModule, taskModuleUrl, taskNames } from './task-module.ts';

/** SQS batches as the deployed mapping takes them. */
const batchSize = 10;

export interface LocalRuntime extends AsyncDisposable {
  /** Of the API. */
  readonly url: string;
  /** A client on the table and queues themselves, not over HTTP. */
  readonly client: Client;
  readonly endpoints: {
    readonly dynamodb: string;
    readonly sqs: string;
    readonly queueUrl: string;
    readonly deadLetterQueueUrl: string;
  };
  /** The variables with which any program, a worker or the CLI say, works on the same stack. */
  readonly env: Readonly<Record<string, string>>;
  /** Process ids: of dynoxide, and of the executors alive now. */
  processes(): { readonly dynamodb: number | undefined; readonly executors: readonly number[] };
  /** Requests to AWS so far by name, `{ 'dynamodb:UpdateItem': 3 }`, of this process and all others it started. */
  requestCounts(): Record<string, number>;
  /**
   * Takes nothing new, lets running work go on for the grace period, then ends everything it started. Work that was
   * cut short is taken up by whoever serves the same data next. Calling it again waits for the same end.
   */
  close(): Promise<void>;
}

/**
 * The whole of Holdfast on this machine: DynamoDB, SQS, the SQS mapping, the schedule, the functions and the API. All
 * of it listens on the loopback address and ends with this process.
 *
 * @throws HoldfastError `InvalidSetting`, `InvalidDuration`, `TasksNotLoaded`, `NoTasks`, `DuplicateName`, `UnknownTask`,
 *   `PortInUse`, `DirectoryInUse`, `EmulatorMissing`
 */
export async function startLocal(options: LocalOptions): Promise<LocalRuntime> {
  const plan = planOf(options);
  const env = settingsEnv(options, process.env);
  const settings = readSettings(env);
  const tasks = await tasksOf(options.tasks);
  checkDefaultTask(env[envNames.defaultTask], tasks.module);
  if (plan.port !== 0) await probePort(plan.port, 'the API'); // before anything is started in vain
  const stack = new AsyncDisposableStack();
  try {
    return await start({ options, plan, env, settings, tasks, stack });
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

interface Tasks {
  readonly module: TaskModule;
  /** Where it was loaded from, unless it was given as an object. */
  readonly url: URL | undefined;
}

interface Start {
  readonly options: LocalOptions;
  readonly plan: LocalPlan;
  readonly env: Env;
  readonly settings: Settings;
  readonly tasks: Tasks;
  readonly stack: AsyncDisposableStack;
}

async function start({ options, plan, env, settings, tasks, stack }: Start): Promise<LocalRuntime> {
  const services = await startServices(stack, options, plan);
  const shared = stackEnv(services);
  const functionEnv = { ...env, ...shared };
  const countOwn = ownRequestCounts();
  const { app } = createApi({ tasks: tasks.module, env: functionEnv });
  const client = createClient({ env: functionEnv, tasks: tasks.module });
  const timeoutMs = plan.functionTimeoutMs;
  const functions = tasks.url
    ? functionsInProcesses({ env: functionEnv, timeoutMs, tasks: tasks.url, workers: plan.workers })
    : functionsInProcess({ env: functionEnv, timeoutMs, tasks: tasks.module });
  const { execute, discover, deadLetter } = functions;
  for (const one of [execute, discover, deadLetter]) stack.defer(() => one.close());
  const api = await serveApi(app, plan.port);
  drive({ services, functions, api, plan, settings, env, stack });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= stack.disposeAsync();
    return closing;
  };
  return {
    url: api.url,
    client,
    endpoints: {
      dynamodb: services.dynamodb.url,
      sqs: services.sqs.url,
      queueUrl: services.queue.url,
      deadLetterQueueUrl: services.deadLetterQueue.url,
    },
    env: { ...shared, [envNames.url]: api.url },
    processes: () => ({ dynamodb: services.dynamodb.pid, executors: functions.executorPids() }),
    requestCounts: () => addCounts([countOwn(), functions.requestCounts()]),
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Driving extends Pick<Start, 'plan' | 'settings' | 'env' | 'stack'> {
  readonly services: LocalServices;
  readonly functions: LocalFunctions;
  readonly api: ApiServer;
}

/** Starts what calls the functions. On closing, all of it stops at once and shares one grace period. */
function drive({ services, functions, api, plan, settings, env, stack }: Driving): void {
  const level = env[envNames.logLevel] ?? '';
  const logger = powertoolsLogger({ level: isLogLevel(level) ? level : 'warn' });
  const clock = systemClock;
  const sqs = new SQSClient({
    endpoint: services.sqs.url,
    region: localRegion,
    credentials: localCredentials,
    maxAttempts: 1, // the polling loop has its own pauses
  });
  countSqsRequests(sqs); // AWS bills the mapping's requests too
  stack.defer(() => sqs.destroy());
  const mapping = { sqs, batchSize, clock, logger };
  const callers = [
    startEventSource({
      ...mapping,
      queue: services.queue,
      target: functions.execute,
      concurrency: plan.workers,
    }),
    startEventSource({
      ...mapping,
      queue: services.deadLetterQueue,
      target: functions.deadLetter,
      concurrency: 1,
    }),
    startSchedule({ target: functions.discover, periodMs: settings.discoveryPeriod, clock, logger }),
  ];
  stack.defer(async () => {
    const grace = AbortSignal.timeout(plan.graceMs);
    await Promise.all([...callers.map((caller) => caller.stop(grace)), api.close(grace)]);
  });
}

async function tasksOf(tasks: LocalOptions['tasks']): Promise<Tasks> {
  if (typeof tasks === 'string' || tasks instanceof URL) {
    const url = taskModuleUrl(tasks);
    return { module: await loadTaskModule(url), url };
  }
  taskNames(tasks);
  return { module: tasks, url: undefined };
}

function checkDefaultTask(name: string | undefined, module: TaskModule): void {
  if (name === undefined || taskNames(module).includes(name)) return;
  throw new HoldfastError('UnknownTask', `The default task ${JSON.stringify(name)} is not among the tasks`, {
    field: 'defaultTask',
    hint: `Choose one of: ${taskNames(module).join(', ')}.`,
  });
}
