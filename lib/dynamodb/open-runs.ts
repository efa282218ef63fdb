import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { againWhile } from '../aws/again.ts';
import { HoldfastError } from '../model/errors.ts';
import type { TenantId } from '../model/ids.ts';
import type { Transition } from '../model/transition.ts';
import { type Conditional, read } from './conditional.ts';
import { itemOfError, type Table } from './document-client.ts';
import { reaching } from './errors.ts';
import { toExpressions } from './expressions.ts';
import { openRunsKey, runKey } from './keys.ts';
import type { Stored } from './stored-value.ts';
import { isPassing, isRefused, isUnknownOperation, reasonsOf } from './transaction.ts';

/*
 * How many runs of a tenant are open is one number in an item of the tenant's, which moves in one transaction with the
 * write that begins or ends it for a run: no crash can fall between the two, and what the run's own guards refuse moves
 * nothing.
 *
 *   A  put run if absent · n + 1 if n < max ──▶ applied, answer lost ── the same again ──▶ the run is there: n stays
 *   B  leave if ending, rev 7 · n − 1 ──▶ applied, answer lost ── leave if ending, rev 7 ──▶ refused: n stays
 */

/** Of a tenant, which everybody who submits for it meets. */
export const placeTries = 8;

const opened = 'n';

/** So many more open runs, if there are then no more than `max`. */
export function takePlaces(
  table: string,
  { count, max, tenant }: { tenant: TenantId; count: number; max: number },
) {
  const none = max >= count ? 'attribute_not_exists(#0) OR ' : '';
  return {
    TableName: table,
    Key: openRunsKey(tenant),
    UpdateExpression: 'ADD #0 :0',
    ConditionExpression: `${none}#0 <= :1`,
    ExpressionAttributeNames: { '#0': opened },
    ExpressionAttributeValues: { ':0': count, ':1': max - count },
  };
}

const givePlaceBack = (table: string, tenant: TenantId) => ({
  TableName: table,
  Key: openRunsKey(tenant),
  UpdateExpression: 'ADD #0 :0',
  ExpressionAttributeNames: { '#0': opened },
  ExpressionAttributeValues: { ':0': -1 },
});

/** The transition, and one open run less, or neither. */
export async function applyGivingBack(
  table: Table,
  transition: Transition,
): Promise<Conditional<{ readonly Attributes: Stored | undefined }>> {
  const { db, name } = table;
  const Key = runKey(transition.key);
  const Update = {
    TableName: name,
    Key,
    UpdateExpression: '',
    ...toExpressions(transition),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
  const TransactItems = [{ Update }, { Update: givePlaceBack(name, transition.key.tenant) }];
  return await reaching(name, async () => {
    try {
      const send = () => db.send(new TransactWriteCommand({ TransactItems }));
      await againWhile(isPassing, send, placeTries);
    } catch (error) {
      const [own] = reasonsOf(error);
      if (isUnknownOperation(error)) throw needsTransactions(error);
      if (!isRefused(own)) throw error;
      return { applied: false, item: own?.Item ? itemOfError(own.Item) : await read(table, Key) };
    }
    // A transaction does not tell what it wrote.
    return { applied: true, output: { Attributes: await read(table, Key) } };
  });
}

export const needsTransactions = (cause?: unknown): HoldfastError =>
  new HoldfastError('InvalidSetting', 'openRuns needs a DynamoDB with transactions, which this one has not', {
    field: 'openRuns',
    hint: 'Leave HOLDFAST_OPEN_RUNS unset on this endpoint; the embedded runtime has transactions with dynoxide.',
    cause,
  });
