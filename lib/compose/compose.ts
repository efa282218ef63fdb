import { hostname } from 'node:os';
import { checkWebhooks, type DeliveryQueues, readDeliveryQueues } from '../config/delivery.ts';
import { type Env, envNames, required } from '../config/env.ts';
import { isLogLevel, logLevels } from '../config/log-level.ts';
import { type Pools, readPools } from '../config/pools.ts';
import { listOf, readSettings, type Settings } from '../config/settings.ts';
import { watchStoreClock } from '../dynamodb/store-clock.ts';
import { dynamoStores } from '../dynamodb/stores.ts';
import { HoldfastError } from '../model/errors.ts';
import type { AttemptStore } from '../ports/attempt-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { OffsetGauge } from '../ports/clock-offset.ts';
import type { DefinitionStore } from '../ports/definition-store.ts';
import type { Handover } from '../ports/handover.ts';
import type { HistoryStore } from '../ports/history-store.ts';
import type { LimitStore } from '../ports/limit-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { PayloadStore } from '../ports/payload-store.ts';
import type { PoolQueues } from '../ports/pool-queues.ts';
import type { Queue } from '../ports/queue.ts';
import type { Random } from '../ports/random.ts';
import type { RequestCounter } from '../ports/request-counter.ts';
import type { ResultCache } from '../ports/result-cache.ts';
import type { RunStore } from '../ports/run-store.ts';
import type { WorkerRegistry } from '../ports/worker-registry.ts';
import type { ResultSender } from '../result-delivery/task.ts';
import { S3Bucket } from '../s3/bucket.ts';
import { SqsPoolQueues } from '../sqs/pool-queues.ts';
import { SqsQueue } from '../sqs/queue.ts';
import { sqsResultQueues } from '../sqs/result-queues.ts';
import { HandingQueue } from '../worker/handing-queue.ts';
import { awsClients, payloadBucket } from './aws-clients.ts';
import { handoverAt } from './handover.ts';
import { powertoolsLogger } from './powertools-logger.ts';
import { noMetrics, powertoolsMetrics } from './powertools-metrics.ts';
import { systemClock, systemRandom } from './system.ts';

/** Everything a function, a worker or a client works with, on the real services. */
export interface Composition {
  readonly clock: Clock;
  readonly clockOffset: OffsetGauge;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly runs: RunStore;
  readonly payloads: PayloadStore;
  readonly attempts: AttemptStore;
  readonly history: HistoryStore;
  readonly definitions: DefinitionStore;
  readonly cache: ResultCache;
  readonly limits: LimitStore;
  readonly requests: RequestCounter;
  readonly workers: WorkerRegistry;
  readonly queue: Queue;
  readonly handover: Handover;
  readonly poolQueues: PoolQueues;
  readonly settings: Settings;
  readonly pools: Pools;
  readonly deliveryQueues: DeliveryQueues;
  readonly resultQueues: Pick<ResultSender, 'enqueue'>;
}

/**
 * Reads the environment and connects the adapters. Sends nothing yet.
 *
 * @throws HoldfastError `MissingSetting`, `InvalidSetting`
 */
export function compose(env: Env, given: Parameters<typeof readSettings>[1] = {}): Composition {
  const settings = readSettings(env, given);
  const table = required(env, envNames.table);
  const pools = readPools(env);
  const serviceName = env[envNames.service] || 'holdfast';
  const logger = powertoolsLogger({ level: readLogLevel(env), serviceName });
  const namespace = env[envNames.metricsNamespace];
  const { dynamodb, s3, sqs } = awsClients(env);
  const bucket = payloadBucket(env, s3);
  const deliveryQueues = readDeliveryQueues(env);
  const queue = new SqsQueue(sqs, pools, { logger, isFair: settings.fairQueues === 'on' });
  const handover = handoverAt(table, pools);
  checkWebhooks(env, settings);
  return {
    clock: systemClock,
    clockOffset: watchStoreClock(dynamodb, systemClock),
    random: systemRandom,
    logger,
    metrics: namespace ? powertoolsMetrics(namespace, serviceName) : noMetrics,
    ...dynamoStores(dynamodb, table, bucket && new S3Bucket(bucket)),
    queue: settings.handover === 'on' ? new HandingQueue(queue, handover) : queue,
    handover,
    poolQueues: new SqsPoolQueues(sqs, pools),
    settings,
    pools,
    deliveryQueues,
    resultQueues: sqsResultQueues(sqs, deliveryQueues),
  };
}

/**
 * Unique per executor: the end of a Lambda environment's log stream, by which that is found, else host and process. Each
 * node keeps the name of its worker, and each write is charged for it: the whole name of a stream has 52 bytes.
 */
export function workerIdOf(env: Env): string {
  const stream = env.AWS_LAMBDA_LOG_STREAM_NAME;
  const { id } = /\](?<id>[0-9a-f]{32})$/.exec(stream ?? '')?.groups ?? {};
  if (id !== undefined) return id.slice(-lambdaIdLength);
  return stream ?? `${hostname()}-${process.pid}`;
}

/** 64 bits: no two environments of an account will ever meet. */
const lambdaIdLength = 16;

function readLogLevel(env: Env) {
  const level = env[envNames.logLevel] || 'info';
  if (isLogLevel(level)) return level;
  throw new HoldfastError('InvalidSetting', `${envNames.logLevel} must be ${listOf(logLevels)}`, {
    field: envNames.logLevel,
  });
}
