import type { BucketRequests } from './bucket-requests.ts';
import { S3Error } from './errors.ts';

/** Creates the bucket, unless it is there. In us-east-1, as emulators have it. @throws S3Error */
export async function createBucket(requests: BucketRequests): Promise<void> {
  try {
    await requests.send({ name: 'CreateBucket', method: 'PUT' }, (answer) => answer.body());
  } catch (error) {
    if (!(error instanceof S3Error && error.name === 'BucketAlreadyOwnedByYou')) throw error;
  }
}
