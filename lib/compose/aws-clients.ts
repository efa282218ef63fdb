import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Env } from '../config/env.ts';
import { documentClient } from '../dynamodb/document-client.ts';
import { countRequests } from './request-count.ts';

export interface AwsClients {
  readonly dynamodb: DynamoDBDocumentClient;
  readonly sqs: SQSClient;
}

/**
 * The one place where AWS clients are made. Endpoint and region come from the usual variables; credentials from the
 * SDK's own chain, unless `env` is not the process's and carries them.
 */
export function awsClients(env: Env): AwsClients {
  const shared = {
    ...(env.AWS_REGION !== undefined && { region: env.AWS_REGION }),
    ...(env !== process.env && credentialsOf(env)),
    // A lease is renewed every third of its length: better an error soon than a request that hangs past its end.
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000 },
    maxAttempts: 3,
  };
  const endpointOf = (service: string) => {
    const endpoint = env[`AWS_ENDPOINT_URL_${service}`] ?? env.AWS_ENDPOINT_URL;
    return endpoint ? { endpoint } : {};
  };
  const dynamodb = new DynamoDBClient({ ...shared, ...endpointOf('DYNAMODB') });
  // Long polls take 20 s. The queue's own URL names another host on some emulators: the endpoint decides.
  const sqs = new SQSClient({ ...shared, ...endpointOf('SQS'), useQueueUrlAsEndpoint: false });
  countRequests(dynamodb, sqs);
  return { dynamodb: documentClient(dynamodb), sqs };
}

function credentialsOf(env: Env) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env;
  if (!accessKeyId || !secretAccessKey) return {};
  const session = AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {};
  return { credentials: { accessKeyId, secretAccessKey, ...session } };
}
