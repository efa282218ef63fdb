import { HoldfastError } from '../model/errors.ts';
import { lifetimePrefix, lifetimesInDays } from '../payload/lifetimes.ts';
import type { BucketRequests } from '../s3/bucket-requests.ts';
import { type ExpiryRule, expiryRules, isPublic, lookIntoBucket } from '../s3/inspect-bucket.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { trouble } from './trouble.ts';

const check = 'bucket';

/** The bucket for large payloads, if there is one: whether it is there, who may read it, and when its objects are deleted. */
export async function* checkBucket(named: () => BucketRequests | undefined): AsyncGenerator<Finding> {
  let requests: BucketRequests | undefined;
  try {
    requests = named();
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    yield fail(check, error.message, 'Set it to the name of the bucket, or to nothing.');
  }
  if (!requests) return;
  const { bucket } = requests;
  const what = `The bucket ${bucket}`;
  const missing = 'Deploy the stack, or check HOLDFAST_PAYLOAD_BUCKET and AWS_REGION.';
  const advice = (permission: string) => ({ what, missing, permission });
  try {
    await lookIntoBucket(requests);
  } catch (error) {
    yield trouble(check, error, advice('s3:ListBucket'));
    return;
  }
  yield await isPublic(requests).then(
    (open) => judgeAccess(bucket, open),
    (error) => trouble(check, error, advice('s3:GetBucketPolicyStatus')),
  );
  yield await expiryRules(requests).then(
    (rules) => judgeRules(bucket, rules),
    (error) => trouble('bucket expiry', error, advice('s3:GetLifecycleConfiguration')),
  );
}

const judgeAccess = (bucket: string, open: boolean | undefined): Finding =>
  open
    ? fail(
        check,
        `${bucket} is public: anybody may have what tasks get and return`,
        'Block public access to it.',
      )
    : ok(check, `${bucket} is there${open === false ? ', and its policy is not public' : ''}`);

/** Whether what is no longer needed is deleted, and nothing else. */
function judgeRules(bucket: string, rules: readonly ExpiryRule[]): Finding {
  for (const days of lifetimesInDays) {
    const prefix = lifetimePrefix(days);
    const early = rules.find((rule) => prefix.startsWith(rule.prefix) && rule.days < days);
    if (!early) continue;
    const what = `A rule deletes ${early.prefix || 'everything'} after ${early.days} days, ${prefix} among that: values that are still needed`;
    return fail('bucket expiry', what, `Delete ${prefix} after ${days} days, or never.`);
  }
  const without = lifetimesInDays.filter(
    (days) => !rules.some(({ prefix }) => lifetimePrefix(days).startsWith(prefix)),
  );
  if (without.length === 0) return ok('bucket expiry', 'objects are deleted after the days in their names');
  const what = `${bucket} has no rule for ${without.map(lifetimePrefix).join(', ')}: what lies there stays for ever`;
  return warn('bucket expiry', what, 'Deploy the stack, or let a lifecycle rule delete each after its days.');
}
