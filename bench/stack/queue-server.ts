import { startSqs } from '../../lib/local/sqs-server.ts';

/*
 * SQS, and S3 with a bucket, in a process of its own, as everywhere but here: what it does must not take the time of whoever is measured. Tells
 * where it is, and ends with whoever started it.
 */
const server = await startSqs();
const pair = (name: string) => server.createQueues({ name, functionTimeoutMs: 30_000 });
const [own, other] = [await pair('holdfast'), await pair('by-hand')];
const bucket = 'holdfast-payloads';
await server.createBucket(bucket);
process.send?.({ bucket, url: server.url, queueUrl: own.queue.url, otherQueueUrl: other.queue.url });
process.once('disconnect', () => process.exit());
