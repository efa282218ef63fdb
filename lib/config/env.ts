import { HoldfastError } from '../model/errors.ts';

/** The names of all environment variables that name a part of the stack. Shared by infra and handlers. */
export const envNames = {
  /** Name of the DynamoDB table. */
  table: 'HOLDFAST_TABLE',
  /** Name of the S3 bucket for values too large for the table. Without it they are refused. */
  payloadBucket: 'HOLDFAST_PAYLOAD_BUCKET',
  /** JSON: pool → { tags, lanes: { lane: queue URL } }. */
  pools: 'HOLDFAST_POOLS',
  /** The pool that this executor serves. */
  pool: 'HOLDFAST_POOL',
  /** Base URL of the API, for the client and the CLI over HTTP. */
  url: 'HOLDFAST_URL',
  /** `iam` or `none`: how requests to the API say whose they are. Default: by its URL. */
  auth: 'HOLDFAST_AUTH',
  /** A bearer token for the API. A secret: it is shown nowhere. */
  token: 'HOLDFAST_TOKEN',
  /** `debug`, `info` (default), `warn`, `error` or `silent`. */
  logLevel: 'HOLDFAST_LOG_LEVEL',
  /** Name of the task that `POST /tasks` without `task` means. */
  defaultTask: 'HOLDFAST_DEFAULT_TASK',
  /** The claim of a verified token that names the tenant, where no one else may. */
  tenantClaim: 'HOLDFAST_TENANT_CLAIM',
  /** JSON: name → URL of a queue that results may be delivered to. */
  deliveryQueues: 'HOLDFAST_DELIVERY_QUEUES',
  /** What webhooks are signed with, `whsec_…`, of the executors only; several apart by spaces while one replaces another. */
  webhookSecrets: 'HOLDFAST_WEBHOOK_SECRETS',
  /** ARN of the secret in AWS Secrets Manager that holds them instead. */
  webhookSecretArn: 'HOLDFAST_WEBHOOK_SECRET_ARN',
  /** URL of the tasks module, for the threads of an executor whose code is no bundle. */
  tasksUrl: 'HOLDFAST_TASKS_URL',
  /** Powertools' own: what each log line and metric says it comes from. */
  service: 'POWERTOOLS_SERVICE_NAME',
  /** Powertools' own: where metrics are published. Without it none are. */
  metricsNamespace: 'POWERTOOLS_METRICS_NAMESPACE',
} as const;

export type Env = Readonly<Record<string, string | undefined>>;

/** @throws HoldfastError `MissingSetting`, naming the variable. */
export function required(env: Env, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') {
    throw new HoldfastError('MissingSetting', `The environment variable ${name} is not set`, { field: name });
  }
  return value;
}
