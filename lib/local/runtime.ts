import type { Client } from '../client/client.ts';
import { createClient } from '../client/create-client.ts';
import { powertoolsLogger } from '../compose/powertools-logger.ts';
import { type Env, envNames } from '../config/env.ts';
import { isLogLevel } from '../config/log-level.ts';
import { defaultPool } from '../config/pools.ts';
import { readSettings, type Settings } from '../config/settings.ts';
import { needsTransactions } from '../dynamodb/open-runs.ts';
import { createApi } from '../lambda/api.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Logger } from '../ports/logger.ts';
import { serveApi } from './api-server.ts';
import { startCallers } from './callers.ts';
import { addCounts } from './environment-protocol.ts';
import { functionsInProcess, functionsInProcesses, ownRequestCounts } from './functions.ts';
import { type LocalOptions, type LocalPlan, planOf } from './options.ts';
import { tellOfLeftQueues } from './pool-queues.ts';
import { tellOfIdlePools } from './pools.ts';
import { probePort } from './ports.ts';
import { type LocalServices, settingsAmong, settingsEnv, stackEnv, startServices } from './services.ts';
import { loadTaskModule, type TaskModule, taskModuleUrl, taskNames } from './task-module.ts';

export interface LocalRuntime extends AsyncDisposable {
  /** Of the API. */
  readonly url: string;
  /** A client on the table and queues themselves, not over HTTP. */
  readonly client: Client;
  readonly endpoints: {
    readonly dynamodb: string;
    readonly sqs: string;
    readonly s3: string;
    /** Of the pool `default`, its lane `normal`; those of all pools are in `env`. */
    readonly queueUrl: string;
    readonly deadLetterQueueUrl: string;
    /** Of the queue `results`, to which results may be delivered. */
    readonly resultsQueueUrl: string;
  };
  /** The variables with which any program, a worker or the CLI say, works on the same stack with the same settings. */
  readonly env: Readonly<Record<string, string>>;
  /** Process ids: of dynoxide, and of the executors alive now. */
  processes(): { readonly dynamodb: number | undefined; readonly executors: readonly number[] };
  /** Requests to AWS so far by name, `{ 'dynamodb:UpdateItem': 3 }`, of this process and all others it started. */
  requestCounts(): Record<string, number>;
  /**
   * Rejects with HoldfastError `EmulatorEnded` when DynamoDB ends though nobody closed it: nothing works any more, and
   * the runtime closes itself. Pending otherwise.
   */
  readonly ended: Promise<never>;
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
  const logger = loggerOf(env);
  if (settings.webhooks === 'on' && !env[envNames.webhookSecrets])
    logger.warn(
      `webhooks are on, but each fails until ${envNames.webhookSecrets} has what to sign them with`,
    );
  const services = await startServices(stack, options, plan);
  // Better now than at each submission.
  if (settings.openRuns > 0 && services.dynamodb.engine === 'dynalite') throw needsTransactions();
  tellOfIdlePools(plan.pools, logger);
  await tellOfLeftQueues(services.sqs, plan.pools, logger);
  const shared = stackEnv(services, plan.pools);
  const functionEnv = { ...env, ...shared };
  const countOwn = ownRequestCounts();
  const { app } = createApi({ tasks: tasks.module, env: functionEnv });
  const client = createClient({ env: functionEnv, tasks: tasks.module });
  const { functionTimeoutMs: timeoutMs, pools } = plan;
  const functions = tasks.url
    ? functionsInProcesses({ env: functionEnv, pools, timeoutMs, tasks: tasks.url })
    : functionsInProcess({
        env: functionEnv,
        pools,
        timeoutMs,
        tasks: tasks.module,
        executor: options.executor,
      });
  for (const one of functions.all) stack.defer(() => one.close());
  const api = await serveApi(app, plan.port);
  const callers = startCallers({ services, functions, pools, settings, logger });
  let graceMs = plan.graceMs;
  // All that calls the functions stops at once and shares one grace period.
  stack.defer(async () => {
    const grace = AbortSignal.timeout(graceMs);
    await Promise.all([callers.stop(grace), api.close(grace)]);
  });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= stack.disposeAsync();
    return closing;
  };
  const ended = services.dynamodb.died.then(async (reason) => {
    graceMs = 0; // without its table no work under way can come to an end
    close().catch(() => {}); // for whoever calls it too
    throw endedBy(reason);
  });
  ended.catch(() => {}); // nobody needs to look
  return {
    url: api.url,
    client,
    endpoints: endpointsOf(services),
    env: { ...shared, ...settingsAmong(env), [envNames.url]: api.url },
    processes: () => ({ dynamodb: services.dynamodb.pid, executors: functions.executorPids() }),
    requestCounts: () => addCounts([countOwn(), functions.requestCounts()]),
    ended,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function endpointsOf({ dynamodb, queues, resultsQueue, sqs }: LocalServices): LocalRuntime['endpoints'] {
  const own = queues.get(defaultPool);
  return {
    dynamodb: dynamodb.url,
    sqs: sqs.url,
    s3: sqs.url,
    queueUrl: own?.normal.url ?? '',
    deadLetterQueueUrl: own?.deadLetterQueue.url ?? '',
    resultsQueueUrl: resultsQueue.url,
  };
}

function loggerOf(env: Env): Logger {
  const level = env[envNames.logLevel] ?? '';
  return powertoolsLogger({ level: isLogLevel(level) ? level : 'warn' });
}

/** The end that nobody asked for. */
function endedBy(reason: string): HoldfastError {
  const words = reason === '' ? '' : `: ${reason}`;
  return new HoldfastError('EmulatorEnded', `The DynamoDB of this runtime has ended by itself${words}`);
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
