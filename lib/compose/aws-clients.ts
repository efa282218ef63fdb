import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Env, envNames } from '../config/env.ts';
import { documentClient } from '../dynamodb/document-client.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Ms } from '../model/time.ts';
import { BucketRequests, type S3Access } from '../s3/bucket-requests.ts';
import { identityOptions } from './aws-identity.ts';
import { countRequests, countS3Request, countSqsRequests } from './request-count.ts';

export interface AwsClients {
  readonly dynamodb: DynamoDBDocumentClient;
  readonly sqs: SQSClient;
  /** How a bucket is reached; it costs nothing until one is. */
  readonly s3: S3Access;
}

/**
 * The one place where AWS clients are made. Endpoint and region come from the usual variables; credentials from the
 * SDK's own chain, unless `env` is not the process's and carries them.
 */
export function awsClients(env: Env): AwsClients {
  const shared = {
    ...identityOptions(env),
    // A lease is renewed every third of its length: better an error soon than a request that hangs past its end.
    requestHandler: answeringWithin(10_000),
    maxAttempts: 3,
  };
  const dynamodb = new DynamoDBClient({ ...shared, ...endpointOption(env, 'DYNAMODB') });
  // The queue's own URL names another host on some emulators: the endpoint decides.
  const sqs = new SQSClient({ ...shared, ...endpointOption(env, 'SQS'), useQueueUrlAsEndpoint: false });
  withoutLog(dynamodb);
  withoutLog(sqs);
  countRequests(dynamodb, sqs);
  const s3 = { config: sqs.config, endpoint: endpointOf(env, 'S3'), count: countS3Request };
  return { dynamodb: documentClient(dynamodb), sqs, s3 };
}

/**
 * For a log that nobody reads the SDK copies what each request sends and brings, field by field: a tenth of all that a
 * task takes of the processor (docs/bench.md).
 */
function withoutLog({ middlewareStack }: Pick<DynamoDBClient | SQSClient, 'middlewareStack'>): void {
  middlewareStack.remove('loggerMiddleware');
}

/** A client for long polls alone: they take 20 s, and whoever polls makes pauses of its own after a failure. */
export function pollingClient(env: Env): SQSClient {
  const sqs = new SQSClient({
    ...identityOptions(env),
    ...endpointOption(env, 'SQS'),
    useQueueUrlAsEndpoint: false,
    requestHandler: answeringWithin(30_000),
    maxAttempts: 1,
  });
  withoutLog(sqs);
  countSqsRequests(sqs);
  return sqs;
}

/** The text of a secret. Its client is loaded only here: most stacks have no secret. */
export async function readSecret(env: Env, arn: string): Promise<string> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  const client = new SecretsManagerClient({
    ...identityOptions(env),
    ...endpointOption(env, 'SECRETS_MANAGER'),
    requestHandler: answeringWithin(10_000),
  });
  try {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    return SecretString;
  } finally {
    client.destroy();
  }
}

/** The bucket for large payloads, where the environment names one. @throws HoldfastError `InvalidSetting` */
export function payloadBucket(env: Env, s3: S3Access): BucketRequests | undefined {
  const bucket = env[envNames.payloadBucket];
  if (!bucket) return undefined;
  if (bucketName.test(bucket)) return new BucketRequests(s3, bucket);
  const what = `${envNames.payloadBucket} must be the name of a bucket, not ${JSON.stringify(bucket)}`;
  throw new HoldfastError('InvalidSetting', what, { field: envNames.payloadBucket });
}

const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Where the table is, in words for people. */
export function tableEndpoint(env: Env): string {
  return endpointOf(env, 'DYNAMODB') || `DynamoDB in ${env.AWS_REGION ?? 'the region that is configured'}`;
}

const connectionMsMax: Ms = 2_000;

/** By itself the SDK only warns of a request that takes longer, and waits for ever. */
const answeringWithin = (requestTimeout: Ms) =>
  ({ connectionTimeout: connectionMsMax, requestTimeout, throwOnRequestTimeout: true }) as const;

type Service = 'DYNAMODB' | 'S3' | 'SECRETS_MANAGER' | 'SQS';

const endpointOf = (env: Env, service: Service): string | undefined =>
  env[`AWS_ENDPOINT_URL_${service}`] ?? env.AWS_ENDPOINT_URL;

function endpointOption(env: Env, service: Service) {
  const endpoint = endpointOf(env, service);
  return endpoint ? { endpoint } : {};
}
