import { join } from 'node:path';
import { type Env, envNames } from '../config/env.ts';
import { defaultPool } from '../config/pools.ts';
import { settingTable, settingVariable } from '../config/settings.ts';
import { localCredentials, localRegion } from './credentials.ts';
import { lockDirectory } from './directory-lock.ts';
import { type DynamoDbServer, startDynamoDb } from './dynamodb-server.ts';
import { makeDirectory } from './make-directory.ts';
import { inheritedEnv, type LocalOptions, type LocalPlan, settingVariables } from './options.ts';
import { createPoolQueues, type LocalPoolQueues, poolsOf } from './pool-queues.ts';
import type { PoolPlan } from './pools.ts';
import { type LocalQueue, type SqsServer, startSqs } from './sqs-server.ts';

const tableName = 'holdfast';
const resultsQueueName = 'holdfast-results';
const bucketName = 'holdfast-payloads';

/** The AWS services that everything else talks to. */
export interface LocalServices {
  readonly dynamodb: DynamoDbServer;
  /** And S3. */
  readonly sqs: SqsServer;
  /** Of each pool, by its name. */
  readonly queues: ReadonlyMap<string, LocalPoolQueues>;
  /** For results: whoever submits a run may have its result delivered to the queue `results`. */
  readonly resultsQueue: LocalQueue;
}

/**
 * Starts DynamoDB with its table, SQS with its queues and S3 with its bucket. What it starts is closed by `stack`.
 *
 * @throws HoldfastError `PortInUse`, `EmulatorMissing`, `InvalidSetting` when the directory cannot be used, `DirectoryInUse`
 */
export async function startServices(
  stack: AsyncDisposableStack,
  options: Pick<LocalOptions, 'persist' | 'dynamodb'>,
  plan: LocalPlan,
): Promise<LocalServices> {
  const directory = options.persist === undefined ? undefined : await makeDirectory(options.persist);
  if (directory !== undefined) stack.defer(lockDirectory(directory));
  const dynamodb = await startDynamoDb({
    engine: options.dynamodb ?? 'auto',
    port: plan.dynamodbPort,
    tableName,
    ...(directory === undefined ? {} : { directory: join(directory, 'dynamodb') }),
  });
  stack.defer(() => dynamodb.close());
  const sqs = await startSqs({
    port: plan.sqsPort,
    ...(directory === undefined ? {} : { directory: join(directory, 'sqs') }),
  });
  stack.defer(() => sqs.close());
  const queues = new Map<string, LocalPoolQueues>();
  for (const pool of plan.pools)
    queues.set(pool.name, await createPoolQueues(sqs, pool, plan.functionTimeoutMs));
  const resultsQueue = await sqs.createPlainQueue(resultsQueueName);
  await sqs.createBucket(bucketName);
  return { dynamodb, sqs, queues, resultsQueue };
}

/** Requests cost nothing here, so what people watch is kept fresher than on AWS. */
const livelyDefaults = {
  [settingVariable('discoveryPeriod')]: '1s',
  [settingVariable('heartbeat')]: '1s',
};

/** This process's variables as far as functions may see them, with the options that are variables. */
export function settingsEnv(options: LocalOptions, own: Env): Record<string, string> {
  const defaultTask = options.defaultTask ?? own[envNames.defaultTask];
  const secrets = own[envNames.webhookSecrets];
  return {
    ...livelyDefaults,
    ...inheritedEnv(own, Object.values(envNames)),
    [envNames.logLevel]: options.logLevel ?? own[envNames.logLevel] ?? 'warn',
    ...(defaultTask ? { [envNames.defaultTask]: defaultTask } : {}),
    ...(secrets ? { [envNames.webhookSecrets]: secrets } : {}),
    ...settingVariables(options.settings),
  };
}

/** The settings among these variables. */
export const settingsAmong = (env: Env): Record<string, string> =>
  Object.fromEntries(
    Object.keys(settingTable).flatMap((name) => {
      const value = env[settingVariable(name)];
      return value === undefined ? [] : [[settingVariable(name), value]];
    }),
  );

/** What a program needs in its environment to work with these services. */
export function stackEnv(
  { dynamodb, queues, resultsQueue, sqs }: LocalServices,
  pools: readonly PoolPlan[],
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
    AWS_ENDPOINT_URL_SQS: sqs.url,
    AWS_ENDPOINT_URL_S3: sqs.url,
    AWS_REGION: localRegion,
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    [envNames.table]: tableName,
    [envNames.payloadBucket]: bucketName,
    [envNames.pools]: JSON.stringify(poolsOf(pools, queues)),
    [envNames.pool]: defaultPool,
    [envNames.deliveryQueues]: JSON.stringify({ results: resultsQueue.url }),
  };
}
