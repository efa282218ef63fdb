import { BatchWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import pMap from 'p-map';
import { encodeRun } from '../../lib/dynamodb/item.ts';
import type { RunId } from '../../lib/model/ids.ts';
import type { Run } from '../../lib/model/run.ts';

/** A limit of `BatchWriteItem`. */
const batch = 25;
const batchesAtOnce = 8;

/** Writes so many runs like this one, past the client: quickly, and without doorbells. */
export async function seed(
  db: DynamoDBDocumentClient,
  table: string,
  count: number,
  runOf: (id: RunId) => Run,
): Promise<void> {
  const starts = Array.from({ length: Math.ceil(count / batch) }, (_, at) => at * batch);
  const write = async (start: number) => {
    const puts = Array.from({ length: Math.min(batch, count - start) }, () => ({
      PutRequest: { Item: encodeRun(runOf(crypto.randomUUID() as RunId)) },
    }));
    const { UnprocessedItems = {} } = await db.send(
      new BatchWriteCommand({ RequestItems: { [table]: puts } }),
    );
    if (Object.keys(UnprocessedItems).length > 0) throw new Error('the table took only part of a batch');
  };
  await pMap(starts, write, { concurrency: batchesAtOnce });
}
