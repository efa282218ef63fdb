import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { type EpochMs, toEpochSec } from '../model/time.ts';
import type { ResultCache } from '../ports/result-cache.ts';
import { conditionally, read } from './conditional.ts';
import type { Table } from './document-client.ts';
import { reaching } from './errors.ts';
import { memoKey } from './keys.ts';
import { fromStored, type Stored, toStored } from './stored-value.ts';
import { expiryAttribute, tableKeys } from './table.ts';

const text = { stored: 'x' } as const;
/** Until when the entry counts, in milliseconds: DynamoDB's own expiry is in seconds and deletes days later. */
const until = 'u';

/** Results across runs, one item per key. */
export class DynamoResultCache implements ResultCache {
  readonly #table: Table;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#table = { db, name: table };
  }

  async get(key: string, now: EpochMs): Promise<string | undefined> {
    const item = await reaching(this.#table.name, () => read(this.#table, memoKey(key)));
    return item && liveText(item, now);
  }

  /**
   * ```
   * A  misses ── runs ── put if absent or expired ──▶ stored          both return A's text
   * B    misses ── runs ──── put if absent or expired ──▶ refused
   * ```
   */
  async put(key: string, value: string, now: EpochMs, expiresAt: EpochMs): Promise<string> {
    const { db, name } = this.#table;
    const put = new PutCommand({
      TableName: name,
      Item: {
        ...memoKey(key),
        [text.stored]: toStored(text, value),
        [until]: expiresAt,
        [expiryAttribute]: toEpochSec(expiresAt),
      },
      ConditionExpression: 'attribute_not_exists(#0) OR #1 <= :0',
      ExpressionAttributeNames: { '#0': tableKeys.partition, '#1': until },
      ExpressionAttributeValues: { ':0': now },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const written = await conditionally(this.#table, memoKey(key), () => db.send(put));
    if (written.applied || !written.item) return value;
    return liveText(written.item, now) ?? value;
  }
}

/** A damaged entry counts as absent, like an expired one: it only saves work. */
function liveText(item: Stored, now: EpochMs): string | undefined {
  const end = item[until];
  if (typeof end !== 'number' || end <= now) return undefined;
  const value = fromStored(text, item[text.stored]);
  return typeof value === 'string' ? value : undefined;
}
