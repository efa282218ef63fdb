import { expect, test } from 'vitest';
import { checkBucket } from '../../../lib/doctor/bucket.ts';
import type { Finding } from '../../../lib/doctor/finding.ts';
import { type CannedAnswer, startCannedServer } from '../../support/canned-server.ts';
import { bucketAt } from '../../support/test-bucket.ts';

/* What emulators do not say of a bucket, and S3 does. */

const there = { status: 200, body: '<ListBucketResult></ListBucketResult>' };
const policy = (isPublic: string) => ({
  status: 200,
  body: `<PolicyStatus><IsPublic>${isPublic}</IsPublic></PolicyStatus>`,
});
const none = (code: string) => ({ status: 404, body: `<Error><Code>${code}</Code></Error>` });
const denied = { status: 403, body: '<Error><Code>AccessDenied</Code><Message>no</Message></Error>' };
const noRules = none('NoSuchLifecycleConfiguration');

async function findings(...answers: readonly CannedAnswer[]): Promise<Finding[]> {
  await using server = await startCannedServer(...answers);
  const bucket = bucketAt({ name: 'canned', url: server.url }, 'values');
  const found: Finding[] = [];
  for await (const finding of checkBucket(() => bucket.requests)) found.push(finding);
  bucket.close();
  return found;
}

test.each(['true', 'TRUE'])('a bucket whose policy lets anybody in (%s) fails', async (isPublic) => {
  expect(await findings(there, policy(isPublic), noRules)).toMatchObject([
    { check: 'bucket', status: 'fail', message: expect.stringContaining('values is public') },
    { check: 'bucket expiry', status: 'warn' },
  ]);
});

test.each([policy('false'), none('NoSuchBucketPolicy')])(
  'one whose policy does not is fine',
  async (answer) => {
    expect(await findings(there, answer, noRules)).toMatchObject([
      { check: 'bucket', status: 'ok', message: expect.stringContaining('not public') },
      { check: 'bucket expiry' },
    ]);
  },
);

test('what may not be looked at is said, with the permission', async () => {
  expect(await findings(denied)).toMatchObject([
    { check: 'bucket', status: 'warn', fix: expect.stringContaining('s3:ListBucket') },
  ]);
  expect(await findings(there, denied)).toMatchObject([
    { check: 'bucket', status: 'warn', fix: expect.stringContaining('s3:GetBucketPolicyStatus') },
    { check: 'bucket expiry', status: 'warn', fix: expect.stringContaining('s3:GetLifecycleConfiguration') },
  ]);
});
