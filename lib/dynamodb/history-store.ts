import { type DynamoDBDocumentClient, PutCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { HoldfastError } from '../model/errors.ts';
import type { RunKey, RunNode } from '../model/run.ts';
import { type EpochMs, toEpochSec } from '../model/time.ts';
import type { HistoryStore } from '../ports/history-store.ts';
import type { Leaving } from '../protocol/history.ts';
import type { Table } from './document-client.ts';
import { reaching } from './errors.ts';
import { historyKey, historyPrefix } from './keys.ts';
import { attributeOf, runShape } from './names.ts';
import { nodesSchema } from './run-schema.ts';
import { fromStored, toStored } from './stored-value.ts';
import { expiryAttribute, tableKeys } from './table.ts';

const nodes = attributeOf(runShape, 'nodes');

/** Finished nodes as items beside their run's, under the same attribute. */
export class DynamoHistoryStore implements HistoryStore {
  readonly #table: Table;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#table = { db, name: table };
  }

  async put(key: RunKey, name: string, leaving: Leaving, expiresAt: EpochMs): Promise<void> {
    const { db, name: TableName } = this.#table;
    const Item = {
      ...historyKey(key, name),
      [nodes.stored]: toStored(nodes, leaving),
      [expiryAttribute]: toEpochSec(expiresAt),
    };
    await reaching(TableName, () => db.send(new PutCommand({ TableName, Item })));
  }

  async list(key: RunKey): Promise<Leaving> {
    const { db, name: TableName } = this.#table;
    const { pk, sk } = historyPrefix(key);
    const pages = paginateQuery(
      { client: db },
      {
        TableName,
        KeyConditionExpression: '#0 = :0 AND begins_with(#1, :1)',
        ExpressionAttributeNames: { '#0': tableKeys.partition, '#1': tableKeys.sort },
        ExpressionAttributeValues: { ':0': pk, ':1': sk },
        ConsistentRead: true,
      },
    );
    const found: Record<string, RunNode> = {};
    await reaching(TableName, async () => {
      for await (const { Items = [] } of pages) {
        for (const item of Items) Object.assign(found, this.#parse(key, item[nodes.stored]));
      }
    });
    return found;
  }

  #parse(key: RunKey, stored: unknown): Leaving {
    const parsed = nodesSchema.safeParse(fromStored(nodes, stored));
    if (parsed.success) return parsed.data;
    throw new HoldfastError('DamagedItem', `The history of run ${key.run} is damaged`);
  }
}
