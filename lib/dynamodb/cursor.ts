import * as z from 'zod';
import { HoldfastError } from '../model/errors.ts';
import type { IndexEntry, IndexQuery } from '../ports/run-store.ts';
import { parseRunKey, runKey, shardOf, statePartition } from './keys.ts';
import type { Stored } from './stored-value.ts';
import { stateIndex } from './table.ts';

const positionSchema = z.tuple([z.string(), z.string(), z.number()]);

/** The last entry of a page, as text that callers give back unread. */
export function encodeCursor({ tenant, run, at }: IndexEntry): string {
  return Buffer.from(JSON.stringify([tenant, run, at])).toString('base64url');
}

/**
 * The key to read on from. It is built from the query, the cursor only says how far: a forged one reads nothing that
 * the query does not allow.
 *
 * @throws HoldfastError `InvalidArgument` for a cursor that no page of this query gave.
 */
export function startKey(query: IndexQuery, cursor: string): Stored {
  const entry = decode(cursor);
  if (!entry || shardOf(entry) !== query.shard || (query.until !== undefined && entry.at > query.until)) {
    throw new HoldfastError('InvalidArgument', 'cursor does not belong to this list', {
      field: 'cursor',
      hint: 'Give back the cursor of the page before, with the same filters, or start again without one.',
    });
  }
  return {
    ...runKey(entry),
    [stateIndex.partition]: statePartition(query.phase, query.shard),
    [stateIndex.sort]: entry.at,
  };
}

function decode(cursor: string): IndexEntry | undefined {
  if (cursor.length > 1_024) return undefined;
  try {
    const [tenant, run, at] = positionSchema.parse(
      JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')),
    );
    const key = parseRunKey(tenant, run);
    return key && { ...key, at };
  } catch {
    return undefined;
  }
}
