import type { BucketRequests } from './bucket-requests.ts';
import { notImplemented, S3Error } from './errors.ts';

/** A rule that deletes objects by their age. */
export interface ExpiryRule {
  readonly prefix: string;
  readonly days: number;
}

/** Makes a request that whoever uses the bucket must be allowed to make. @throws S3Error, and what keeps an answer away */
export async function lookIntoBucket(requests: BucketRequests): Promise<void> {
  const query = { 'list-type': '2', 'max-keys': '1' };
  await requests.send({ name: 'ListObjectsV2', method: 'GET', query }, (answer) => answer.body());
}

/**
 * Whether its policy lets anybody in; undefined from an emulator that does not know.
 *
 * @throws S3Error, and what keeps an answer away
 */
export async function isPublic(requests: BucketRequests): Promise<boolean | undefined> {
  try {
    const status = await textOf(requests, 'GetBucketPolicyStatus', 'policyStatus', 'NoSuchBucketPolicy');
    return /<IsPublic>\s*true\s*<\/IsPublic>/i.test(status);
  } catch (error) {
    if (error instanceof S3Error && error.$metadata.httpStatusCode === notImplemented) return undefined;
    throw error;
  }
}

/** The rules that are on. @throws S3Error, and what keeps an answer away */
export async function expiryRules(requests: BucketRequests): Promise<readonly ExpiryRule[]> {
  const name = 'GetBucketLifecycleConfiguration';
  const text = await textOf(requests, name, 'lifecycle', 'NoSuchLifecycleConfiguration');
  return [...text.matchAll(/<Rule>(.*?)<\/Rule>/gs)].flatMap(([, rule = '']) => {
    const [, days] = /<Expiration>.*?<Days>\s*(\d+)\s*<\/Days>/s.exec(rule) ?? [];
    const [, prefix = ''] = /<Prefix>([^<]*)<\/Prefix>/.exec(rule) ?? [];
    const isOn = /<Status>\s*Enabled\s*<\/Status>/.test(rule);
    return isOn && days !== undefined ? [{ prefix, days: Number(days) }] : [];
  });
}

/** @param none the error that says that there is nothing of the kind */
async function textOf(requests: BucketRequests, name: string, what: string, none: string): Promise<string> {
  try {
    const body = await requests.send({ name, method: 'GET', query: { [what]: '' } }, (answer) =>
      answer.body(),
    );
    return body.toString();
  } catch (error) {
    if (error instanceof S3Error && error.name === none) return '';
    throw error;
  }
}
