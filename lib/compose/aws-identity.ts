import type { SQSClientConfig, SQSClientResolvedConfig } from '@aws-sdk/client-sqs';
import type { Env } from '../config/env.ts';

/** Whose requests they are: region and credentials. From the SDK's own chain, unless `env` is not the process's and has them. */
export const identityOptions = (env: Env): Pick<SQSClientConfig, 'region' | 'credentials'> => ({
  ...(env.AWS_REGION !== undefined && { region: env.AWS_REGION }),
  ...(env !== process.env && credentialsOf(env)),
});

function credentialsOf(env: Env) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env;
  if (!accessKeyId || !secretAccessKey) return {};
  const session = AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {};
  return { credentials: { accessKeyId, secretAccessKey, ...session } };
}

/** What requests are signed with that no client of the SDK sends: as its clients find it, refreshed as theirs is. */
export async function signingIdentity(
  env: Env,
): Promise<Pick<SQSClientResolvedConfig, 'region' | 'credentials' | 'sha256'>> {
  const { SQSClient } = await import('@aws-sdk/client-sqs');
  return new SQSClient(identityOptions(env)).config;
}
