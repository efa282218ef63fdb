import { ConditionalCheckFailedException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { againWhile } from '../aws/again.ts';
import { itemOfError, type Table } from './document-client.ts';
import { reaching } from './errors.ts';
import type { ItemKey } from './keys.ts';
import type { Stored } from './stored-value.ts';

/** The answer to a conditional write: a refusal is a value, with the item that stood in the way. */
export type Conditional<Output> =
  | { readonly applied: true; readonly output: Output }
  | { readonly applied: false; readonly item: Stored | undefined };

/**
 * Makes a conditional write that asks for the old item on a failed condition (`ALL_OLD`). Where none comes back the
 * item is missing, or the store gives none: then it is read. A write that met a transaction on its item is made again.
 *
 * @throws HoldfastError `StoreUnreachable`, `TableNotFound`
 */
export async function conditionally<Output>(
  table: Table,
  key: ItemKey,
  write: () => Promise<Output>,
): Promise<Conditional<Output>> {
  return await reaching(table.name, async () => {
    try {
      return { applied: true, output: await againWhile(hasMetTransaction, write) };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      if (error.Item) return { applied: false, item: itemOfError(error.Item) };
      return { applied: false, item: await read(table, key) };
    }
  });
}

/** Makes a conditional write of which only that it is refused matters: false then. */
export async function isDone(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

const hasMetTransaction = (error: unknown): boolean => error instanceof TransactionConflictException;

/** Strongly consistent. */
export async function read({ db, name }: Table, key: ItemKey): Promise<Stored | undefined> {
  const { Item } = await db.send(new GetCommand({ TableName: name, Key: key, ConsistentRead: true }));
  return Item;
}
