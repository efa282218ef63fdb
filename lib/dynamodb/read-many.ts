import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import type { Table } from './document-client.ts';
import type { ItemKey } from './keys.ts';
import type { Stored } from './stored-value.ts';

interface Found {
  /** In no particular order, without those that are missing. */
  readonly items: readonly Stored[];
  /** False when a throttled store left some out. */
  readonly isComplete: boolean;
}

/**
 * Up to 100 different items. A response holds 16 MB; what is beyond comes back unprocessed, and is asked for again as
 * long as that gets anywhere.
 */
export async function readMany(
  { db, name }: Table,
  keys: readonly ItemKey[],
  { isConsistent = false } = {},
): Promise<Found> {
  const items: Stored[] = [];
  let left: Stored[] = keys.map((key) => ({ ...key }));
  while (left.length > 0) {
    const { Responses, UnprocessedKeys } = await db.send(
      new BatchGetCommand({ RequestItems: { [name]: { Keys: left, ConsistentRead: isConsistent } } }),
    );
    items.push(...(Responses?.[name] ?? []));
    const unprocessed = UnprocessedKeys?.[name]?.Keys ?? [];
    if (unprocessed.length === left.length) return { items, isComplete: false };
    left = unprocessed;
  }
  return { items, isComplete: true };
}
