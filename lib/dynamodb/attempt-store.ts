import { type DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { AttemptRecord } from '../model/attempt.ts';
import { HoldfastError } from '../model/errors.ts';
import type { RunKey } from '../model/run.ts';
import { type EpochMs, toEpochSec } from '../model/time.ts';
import type { AttemptPage, AttemptQuery, AttemptStore } from '../ports/attempt-store.ts';
import { attemptSchema } from './attempt-schema.ts';
import type { Table } from './document-client.ts';
import { reaching } from './errors.ts';
import { attemptKey, attemptPrefix, type ItemKey } from './keys.ts';
import type { Stored } from './stored-value.ts';
import { expiryAttribute, tableKeys } from './table.ts';

/** All of it as one JSON text: nothing of it is ever changed or searched for. */
const text = 'x';
const cursorCharsMax = 1_400;

/** What attempts tell, as items beside their run's. */
export class DynamoAttemptStore implements AttemptStore {
  readonly #table: Table;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#table = { db, name: table };
  }

  async put(key: RunKey, record: AttemptRecord, expiresAt: EpochMs): Promise<void> {
    const { db, name: TableName } = this.#table;
    // No condition: the nonce is its writer's own.
    const Item = {
      ...attemptKey(key, record),
      [text]: JSON.stringify(record),
      [expiryAttribute]: toEpochSec(expiresAt),
    };
    await reaching(TableName, () => db.send(new PutCommand({ TableName, Item })));
  }

  async list(key: RunKey, { cursor, limit, node }: AttemptQuery): Promise<AttemptPage> {
    const { db, name: TableName } = this.#table;
    const { pk, sk } = attemptPrefix(key, node);
    const query = new QueryCommand({
      TableName,
      KeyConditionExpression: '#0 = :0 AND begins_with(#1, :1)',
      ExpressionAttributeNames: { '#0': tableKeys.partition, '#1': tableKeys.sort },
      ExpressionAttributeValues: { ':0': pk, ':1': sk },
      ConsistentRead: true,
      Limit: limit,
      ...(cursor !== undefined && { ExclusiveStartKey: startKey({ pk, sk }, cursor) }),
    });
    const { Items = [], LastEvaluatedKey: last } = await reaching(TableName, () => db.send(query));
    return {
      attempts: Items.flatMap((item) => parse(item) ?? []),
      ...(last && { cursor: Buffer.from(String(last[tableKeys.sort])).toString('base64url') }),
    };
  }
}

/** An item of another version, or a damaged one, must not hide the others. */
function parse(item: Stored): AttemptRecord | undefined {
  try {
    const parsed = attemptSchema.safeParse(JSON.parse(String(item[text])));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** A cursor only says how far: a forged one reads nothing that the query does not allow. */
function startKey(prefix: ItemKey, cursor: string): Stored {
  const sk = cursor.length > cursorCharsMax ? '' : Buffer.from(cursor, 'base64url').toString('utf8');
  if (sk.startsWith(prefix.sk) && sk.length > prefix.sk.length) return { ...prefix, sk };
  throw new HoldfastError('InvalidArgument', 'cursor does not belong to this list', {
    field: 'cursor',
    hint: 'Give back the cursor of the page before, with the same node, or start again without one.',
  });
}
