import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { TenantId } from '../model/ids.ts';
import type { RequestCounter } from '../ports/request-counter.ts';
import { isDone } from './conditional.ts';
import type { Table } from './document-client.ts';
import { reaching } from './errors.ts';
import { requestsKey } from './keys.ts';
import { expiryAttribute } from './table.ts';

/** Long after any clock that may still count in it. */
const keptSec = 3_600;
const counted = 'n';

/**
 * One item for each tenant and second, of some fifty bytes: so counting is one write that needs no read before it. They
 * expire after an hour; DynamoDB deletes them within a few days, for nothing.
 */
export class DynamoRequestCounter implements RequestCounter {
  readonly #table: Table;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#table = { db, name: table };
  }

  async count(tenant: TenantId, second: number, max: number): Promise<boolean> {
    const { db, name } = this.#table;
    const update = new UpdateCommand({
      TableName: name,
      Key: requestsKey(tenant, second),
      UpdateExpression: 'ADD #0 :0 SET #1 = :1',
      ConditionExpression: 'attribute_not_exists(#0) OR #0 < :2',
      ExpressionAttributeNames: { '#0': counted, '#1': expiryAttribute },
      ExpressionAttributeValues: { ':0': 1, ':1': second + keptSec, ':2': max },
    });
    return await reaching(name, () => isDone(() => db.send(update)));
  }
}
