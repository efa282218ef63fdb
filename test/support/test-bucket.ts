import { randomUUID } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import { S3Bucket } from '../../lib/s3/bucket.ts';
import { BucketRequests } from '../../lib/s3/bucket-requests.ts';
import { createBucket } from '../../lib/s3/create-bucket.ts';
import type { Endpoint } from './endpoints.ts';
import { clientConfig } from './test-table.ts';

export interface TestBucket {
  readonly requests: BucketRequests;
  readonly objects: S3Bucket;
  close(): void;
}

/** A bucket that may not be there. */
export function bucketAt(endpoint: Endpoint, name: string, count?: (name: string) => void): TestBucket {
  const sqs = new SQSClient({ ...clientConfig(endpoint), requestHandler: { requestTimeout: 5_000 } });
  const access = { config: sqs.config, endpoint: endpoint.url, ...(count && { count }) };
  const requests = new BucketRequests(access, name);
  return { requests, objects: new S3Bucket(requests), close: () => sqs.destroy() };
}

/** A bucket of its own, so that test files do not meet. */
export async function openBucket(endpoint: Endpoint): Promise<TestBucket> {
  const bucket = bucketAt(endpoint, `test-${randomUUID()}`);
  await createBucket(bucket.requests);
  return bucket;
}
