import { type DynamoDBDocumentClient, PutCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { toEpochSec } from '../model/time.ts';
import type { WorkerRecord, WorkerRegistry } from '../ports/worker-registry.ts';
import type { Table } from './document-client.ts';
import { reaching } from './errors.ts';
import { workerKey, workersPartition } from './keys.ts';
import { expiryAttribute, tableKeys } from './table.ts';

const dayMs = 86_400_000;

const workerSchema: z.ZodType<WorkerRecord> = z.object({
  id: z.string(),
  pool: z.string(),
  kind: z.enum(['lambda', 'process']),
  startedAt: z.number(),
  lastSeenAt: z.number(),
  expiresAt: z.number(),
  stopped: z.boolean(),
  running: z.number(),
  succeeded: z.number(),
  failed: z.number(),
  busyMs: z.number(),
});

/**
 * The workers, as items of one partition, so that listing them is a query and not a scan of all runs. A partition takes
 * 1,000 writes a second: at a heartbeat every 10 s that is 10,000 workers. More of them need a longer heartbeat;
 * a throttled heartbeat only makes a worker look silent, the runs lie in other partitions.
 *
 * An item expires one day after its worker was last seen. DynamoDB deletes it within a few days after that, and until
 * then it is still listed.
 */
export class DynamoWorkerRegistry implements WorkerRegistry {
  readonly #table: Table;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#table = { db, name: table };
  }

  async put(worker: WorkerRecord): Promise<void> {
    const { db, name } = this.#table;
    const Item = {
      ...workerKey(worker.id),
      [expiryAttribute]: toEpochSec(worker.lastSeenAt + dayMs),
      // Under its readable names: the items are few, and `expires` is no property of a record.
      ...worker,
    };
    await reaching(name, () => db.send(new PutCommand({ TableName: name, Item })));
  }

  async list(): Promise<readonly WorkerRecord[]> {
    const { db, name } = this.#table;
    const query = {
      TableName: name,
      KeyConditionExpression: '#0 = :0',
      ExpressionAttributeNames: { '#0': tableKeys.partition },
      ExpressionAttributeValues: { ':0': workersPartition },
    };
    return await reaching(name, async () => {
      const workers: WorkerRecord[] = [];
      for await (const page of paginateQuery({ client: db }, query)) {
        for (const item of page.Items ?? []) {
          const parsed = workerSchema.safeParse(item);
          // An item of another version must not hide the others.
          if (parsed.success) workers.push(parsed.data);
        }
      }
      return workers;
    });
  }
}
