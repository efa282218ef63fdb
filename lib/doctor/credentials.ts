import type { SQSClient } from '@aws-sdk/client-sqs';
import type { EpochMs } from '../model/time.ts';
import { type Finding, fail, ok } from './finding.ts';

/** Whether requests to AWS could be made at all: a region, and somebody to sign them. Never says who. */
export async function checkCredentials(
  { config }: Pick<SQSClient, 'config'>,
  now: EpochMs,
): Promise<Finding> {
  try {
    await config.region();
  } catch {
    return fail('credentials', 'There is no region', 'Set AWS_REGION; any will do for an emulator.');
  }
  const logIn =
    'Log in, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; any will do for an emulator.';
  try {
    const { expiration } = await config.credentials();
    if (expiration === undefined || expiration.getTime() > now) return ok('credentials', 'there');
    return fail('credentials', `They expired at ${expiration.toISOString()}`, logIn);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return fail('credentials', `There are none: ${said}`, logIn);
  }
}
