import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Client } from '../../lib/client/client.ts';
import { countRequests, countS3Request, requestCounts } from '../../lib/compose/request-count.ts';
import { invokedBy, sendRequests } from '../../lib/cost/messages.ts';
import { currentTab, onTab } from '../../lib/cost/tab.ts';
import { plus, type Usage, usageOfCounts } from '../../lib/cost/usage.ts';
import { documentClient } from '../../lib/dynamodb/document-client.ts';
import { dynamoStores } from '../../lib/dynamodb/stores.ts';
import type { Dispatch } from '../../lib/model/message.ts';
import { createBucket } from '../../lib/s3/create-bucket.ts';
import { MemoryQueue } from '../../lib/testing/memory-queue.ts';
import { type Endpoint, s3Endpoints } from './endpoints.ts';
import { executorBench } from './executor-bench.ts';
import { bucketAt } from './test-bucket.ts';
import { clientConfig, openTable } from './test-table.ts';

/** Messages stay in this process; what SQS would bill for sending them is counted as it would. */
class BilledQueue extends MemoryQueue {
  requests = 0;

  override async send(dispatches: readonly Dispatch[]): Promise<readonly Dispatch[]> {
    const sqsRequests = sendRequests(dispatches.length);
    this.requests += sqsRequests;
    currentTab()?.add({ sqsRequests });
    return await super.send(dispatches);
  }
}

export interface CountedBench extends AsyncDisposable {
  readonly client: Client;
  readonly queue: MemoryQueue;
  /** All that was asked of AWS since the bench was opened, as the clients' own counts tell. */
  counted(): Usage;
  /** Executes messages in batches of that size as a function does, until none is left. */
  drain(batchSize?: number): Promise<void>;
}

/** Client and executor on a real table of their own, as they are composed for AWS. */
export async function openCountedBench(
  endpoint: Endpoint,
  tasks: Record<string, unknown>,
  settings?: Parameters<typeof executorBench>[3],
): Promise<CountedBench> {
  const table = await openTable(endpoint);
  const dynamodb = new DynamoDBClient(clientConfig(endpoint));
  countRequests(dynamodb, new SQSClient(clientConfig(endpoint)));
  const [s3 = endpoint] = s3Endpoints();
  const bucket = bucketAt(s3, `test-${randomUUID()}`, countS3Request);
  await createBucket(bucket.requests);
  const queue = new BilledQueue();
  const stores = dynamoStores(documentClient(dynamodb), table.name, bucket.objects);
  let brought = { sqsRequests: 0, lambdaRequests: 0 };
  const { client, execute } = executorBench(stores, queue, tasks, settings);
  const before = usageOfCounts(requestCounts());
  return {
    client,
    queue,
    counted: () =>
      plus(plus(usageOfCounts(requestCounts()), before, -1), {
        sqsRequests: queue.requests + brought.sqsRequests,
        lambdaRequests: brought.lambdaRequests,
      }),
    async drain(batchSize = 1) {
      while (queue.sent.length > 0) {
        const batch = queue.sent.splice(0, batchSize);
        // One request receives them, one deletes them.
        brought = {
          sqsRequests: brought.sqsRequests + 2,
          lambdaRequests: brought.lambdaRequests + 1,
        };
        await Promise.all(batch.map((sent) => onTab(invokedBy(batch.length), () => execute([sent]))));
      }
    },
    async [Symbol.asyncDispose]() {
      dynamodb.destroy();
      bucket.close();
      await table.close();
    },
  };
}
