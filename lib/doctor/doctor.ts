import type { ApiAccess } from '../client/api-access.ts';
import { awsClients, payloadBucket, tableEndpoint } from '../compose/aws-clients.ts';
import { type Env, envNames } from '../config/env.ts';
import { readSettings, type Settings, settingFaults } from '../config/settings.ts';
import type { Registry } from '../define/registry.ts';
import type { Ms } from '../model/time.ts';
import type { Clock } from '../ports/clock.ts';
import { checkApi } from './api.ts';
import { checkBucket } from './bucket.ts';
import { checkCredentials } from './credentials.ts';
import { judgeSettings, judgeVersions, poolsOf, tableName } from './environment.ts';
import { type Finding, warn } from './finding.ts';
import { checkQueues } from './queues.ts';
import { checkStore } from './store.ts';
import { judgeTasks, loadTasks, longestLease } from './tasks.ts';

export interface DoctorOptions {
  readonly env: Env;
  readonly clock: Clock;
  /** As `process.version` has it. */
  readonly nodeVersion: string;
  /** Path of a tasks module. */
  readonly tasks?: string | undefined;
  /** Of the function that the queues feed. */
  readonly functionTimeoutMs?: Ms | undefined;
  /** Of the API. Default: HOLDFAST_URL; without it the API is not asked. */
  readonly url?: string | undefined;
  readonly auth?: ApiAccess['auth'];
  readonly fetch?: ApiAccess['fetch'];
}

/** Checks one thing after the other, from what everything needs to what few do, and goes on after what is wrong. */
export async function* diagnose(options: DoctorOptions): AsyncGenerator<Finding> {
  const { env, nodeVersion } = options;
  yield judgeVersions(nodeVersion);
  yield* judgeSettings(env);
  // What is wrong with them is said already.
  const settings = readSettings(settingFaults(env).length === 0 ? env : {});
  const loaded = options.tasks === undefined ? undefined : await loadTasks(options.tasks);
  const registry = loaded && 'registry' in loaded ? loaded.registry : undefined;
  yield* checkServices(options, settings, registry);
  const url = options.url ?? env[envNames.url];
  const { auth, fetch } = options;
  if (url) yield await checkApi({ auth, env, url, ...(fetch && { fetch }) }, registry?.all());
  if (loaded && 'finding' in loaded) yield loaded.finding;
  if (registry) {
    const found = poolsOf(env);
    const pools = 'pools' in found ? found.pools : undefined;
    const { functionTimeoutMs } = options;
    yield* judgeTasks(registry, { pools, functionTimeoutMs, taskTimeoutMs: settings.taskTimeout });
  }
}

/** The table, the queues and the bucket, by the user's own credentials. */
async function* checkServices(
  { clock, env, functionTimeoutMs, url }: DoctorOptions,
  settings: Settings,
  registry: Registry | undefined,
): AsyncGenerator<Finding> {
  const table = tableName(env);
  const pools = poolsOf(env);
  const isOverHttp = (url ?? env[envNames.url]) && !env[envNames.table] && !env[envNames.pools];
  if (isOverHttp) {
    const fix = `Set ${envNames.table} and ${envNames.pools} to have them looked at.`;
    yield warn('table', 'Table and queues are not known here: only the API is asked', fix);
    return;
  }
  const { dynamodb, s3, sqs } = awsClients(env);
  try {
    if ('finding' in table) yield table.finding;
    if ('finding' in pools) yield pools.finding;
    const credentials = await checkCredentials(sqs, clock.now());
    yield credentials;
    if (credentials.status === 'fail') return;
    if ('name' in table)
      yield* checkStore(dynamodb, table.name, { clock, endpoint: tableEndpoint(env), settings });
    if ('pools' in pools) {
      const lease = longestLease(registry, settings);
      yield* checkQueues(sqs, pools.pools, { lease, functionTimeoutMs, deepQueue: settings.deepQueue });
    }
    yield* checkBucket(() => payloadBucket(env, s3));
  } finally {
    dynamodb.destroy();
    sqs.destroy();
  }
}

/** 0: nothing fails. 1: something does. 3: something gave no answer at all. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 | 3 {
  if (findings.some(({ unreachable }) => unreachable)) return 3;
  return findings.some(({ status }) => status === 'fail') ? 1 : 0;
}
