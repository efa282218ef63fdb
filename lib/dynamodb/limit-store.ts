import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { NodeId } from '../model/ids.ts';
import type { LimitKey, Slots } from '../model/limit.ts';
import { type EpochMs, toEpochSec } from '../model/time.ts';
import type { LimitStore, Waiter } from '../ports/limit-store.ts';
import { isDone, read } from './conditional.ts';
import type { Table } from './document-client.ts';
import { reaching } from './errors.ts';
import { parseRunKey, slotsKey, waiterKey, waiterPrefix } from './keys.ts';
import type { Stored } from './stored-value.ts';
import { expiryAttribute, tableKeys } from './table.ts';

const names = { rev: 'r', holders: 'h', awaited: 'w', evenAt: 'v', rate: 'g' } as const;

const slotsSchema = z.object({
  [names.rev]: z.number(),
  [names.holders]: z.record(z.string(), z.number()),
  [names.awaited]: z.literal(true).optional(),
  [names.evenAt]: z.number().optional(),
  [names.rate]: z.tuple([z.number(), z.number()]).optional(),
});
const waiterSchema = z.object({ t: z.string(), n: z.string(), i: z.string(), s: z.number() });

/**
 * The slots of a key are one item, of some fifty bytes a holder: whoever asks reads and writes it once. Those that wait
 * lie beside it, one small item each, so that any number may.
 */
export class DynamoLimitStore implements LimitStore {
  readonly #table: Table;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#table = { db, name: table };
  }

  async read(limit: LimitKey): Promise<Slots | undefined> {
    const item = await reaching(this.#table.name, () => read(this.#table, slotsKey(limit)));
    return slotsOf(item);
  }

  async write(limit: LimitKey, slots: Slots, expiresAt: EpochMs): Promise<boolean> {
    const { db, name } = this.#table;
    const { awaited, evenAt, holders, rate, rev } = slots;
    const put = new PutCommand({
      TableName: name,
      Item: {
        ...slotsKey(limit),
        [names.rev]: rev,
        [names.holders]: holders,
        ...(awaited && { [names.awaited]: awaited }),
        ...(evenAt !== undefined && { [names.evenAt]: evenAt }),
        ...(rate && { [names.rate]: [rate.count, rate.perMs] }),
        [expiryAttribute]: toEpochSec(Math.max(expiresAt, evenAt ?? 0)),
      },
      ConditionExpression: rev === 1 ? 'attribute_not_exists(#0)' : '#0 = :0',
      ExpressionAttributeNames: { '#0': names.rev },
      ...(rev > 1 && { ExpressionAttributeValues: { ':0': rev - 1 } }),
    });
    return await this.#ifStill(() => db.send(put));
  }

  /**
   * By raising `rev`, whoever has read the slots before and would write them as they were is refused:
   *
   * ```
   * A  reads (rev 7: B until 12:00) ──────────────────────── takes B's place if rev = 7 ──▶ refused
   * B                                 renews (rev 8) ──▶ held
   * ```
   */
  async renew(limit: LimitKey, holder: string, until: EpochMs): Promise<boolean> {
    const { db, name } = this.#table;
    const update = new UpdateCommand({
      TableName: name,
      Key: slotsKey(limit),
      UpdateExpression: 'SET #0.#1 = :0 ADD #2 :1',
      ConditionExpression: 'attribute_exists(#0.#1)',
      ExpressionAttributeNames: { '#0': names.holders, '#1': holder, '#2': names.rev },
      ExpressionAttributeValues: { ':0': until, ':1': 1 },
    });
    return await this.#ifStill(() => db.send(update));
  }

  async release(limit: LimitKey, holder: string): Promise<Slots | undefined> {
    const { db, name } = this.#table;
    const update = new UpdateCommand({
      TableName: name,
      Key: slotsKey(limit),
      UpdateExpression: 'REMOVE #0.#1 ADD #2 :0',
      // Without it, an item that has expired would come back as one without holders.
      ConditionExpression: 'attribute_exists(#2)',
      ExpressionAttributeNames: { '#0': names.holders, '#1': holder, '#2': names.rev },
      ExpressionAttributeValues: { ':0': 1 },
      ReturnValues: 'ALL_NEW',
    });
    let left: Stored | undefined;
    await this.#ifStill(async () => {
      left = (await db.send(update)).Attributes;
    });
    return slotsOf(left);
  }

  async wait(limit: LimitKey, waiter: Waiter, expiresAt: EpochMs): Promise<void> {
    const { db, name } = this.#table;
    const { node, run, since, tenant } = waiter;
    const Item = {
      ...waiterKey(limit, waiter),
      t: tenant,
      n: run,
      i: node,
      s: since,
      [expiryAttribute]: toEpochSec(expiresAt),
    };
    await reaching(name, () => db.send(new PutCommand({ TableName: name, Item })));
  }

  async waiting(limit: LimitKey, max: number): Promise<readonly Waiter[]> {
    const { db, name } = this.#table;
    const { pk, sk } = waiterPrefix(limit);
    const query = new QueryCommand({
      TableName: name,
      KeyConditionExpression: '#0 = :0 AND begins_with(#1, :1)',
      ExpressionAttributeNames: { '#0': tableKeys.partition, '#1': tableKeys.sort },
      ExpressionAttributeValues: { ':0': pk, ':1': sk },
      ConsistentRead: true,
      Limit: max,
    });
    const { Items = [] } = await reaching(name, () => db.send(query));
    return Items.flatMap((item) => waiterOf(item) ?? []);
  }

  async leave(limit: LimitKey, waiter: Waiter): Promise<boolean> {
    const { db, name } = this.#table;
    const remove = new DeleteCommand({
      TableName: name,
      Key: waiterKey(limit, waiter),
      ConditionExpression: 'attribute_exists(#0)',
      ExpressionAttributeNames: { '#0': tableKeys.partition },
    });
    return await this.#ifStill(() => db.send(remove));
  }

  async #ifStill(write: () => Promise<unknown>): Promise<boolean> {
    return await reaching(this.#table.name, () => isDone(write));
  }
}

/** A damaged item counts as absent. Who held a slot by it holds none, and is told when it renews. */
function slotsOf(item: Stored | undefined): Slots | undefined {
  const parsed = slotsSchema.safeParse(item);
  if (!parsed.success) return undefined;
  const { g: rate, h: holders, r: rev, v: evenAt, w: awaited } = parsed.data;
  return {
    rev,
    holders,
    ...(awaited && { awaited }),
    ...(evenAt !== undefined && { evenAt }),
    ...(rate && { rate: { count: rate[0], perMs: rate[1] } }),
  };
}

function waiterOf(item: Stored): Waiter | undefined {
  const parsed = waiterSchema.safeParse(item);
  if (!parsed.success) return undefined;
  const { i, n, s, t } = parsed.data;
  const key = parseRunKey(t, n);
  return key && { ...key, node: i as NodeId, since: s };
}
