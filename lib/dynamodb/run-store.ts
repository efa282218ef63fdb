import { type DynamoDBDocumentClient, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type Run, type RunKey, schemaVersion } from '../model/run.ts';
import type { Creation, Guard, Transition } from '../model/transition.ts';
import {
  type Applied,
  type CreatedAll,
  checkCreations,
  type IndexEntry,
  type IndexPage,
  type IndexQuery,
  isReadable,
  type RunStore,
  type UnreadableRun,
  type WriteUnits,
} from '../ports/run-store.ts';
import { type Conditional, conditionally, read } from './conditional.ts';
import { createAll, putIfAbsent } from './create-all.ts';
import { encodeCursor, startKey } from './cursor.ts';
import type { Table } from './document-client.ts';
import { reaching } from './errors.ts';
import { toExpressions } from './expressions.ts';
import { unitsOfPut, unitsOfUpdate } from './foreseen-units.ts';
import { decodeItem, decodeRun } from './item.ts';
import { parseRunPartition, runKey, statePartition } from './keys.ts';
import { applyGivingBack } from './open-runs.ts';
import { readMany } from './read-many.ts';
import type { Stored } from './stored-value.ts';
import { stateIndex, tableKeys } from './table.ts';

/** A limit of `BatchGetItem`. */
const keysMax = 100;

/** Whatever the protocol asks for: what this version cannot read back it must not change. */
const readable: Guard = { guard: 'store.schema', is: '<=', path: ['schema'], value: schemaVersion };

/** The runs in a DynamoDB table: one item each. */
export class DynamoRunStore implements RunStore {
  readonly #table: Table;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#table = { db, name: table };
  }

  async create(creation: Creation): Promise<Applied> {
    const { db, name } = this.#table;
    const { run } = creation;
    if (run.counted) {
      const all = await createAll(this.#table, [creation]);
      return all.created ? { applied: true, run } : { applied: false, run: all.existing[0] };
    }
    const put = new PutCommand(putIfAbsent(run, name));
    const written = await conditionally(this.#table, runKey(run), () => db.send(put));
    return written.applied ? { applied: true, run } : refused(written);
  }

  async createAll(creations: readonly Creation[]): Promise<CreatedAll> {
    checkCreations(creations);
    if (creations.length === 0) return { created: true };
    return await createAll(this.#table, creations);
  }

  async apply(transition: Transition): Promise<Applied> {
    const written = transition.givesBack
      ? await applyGivingBack(this.#table, { ...transition, guards: [readable, ...transition.guards] })
      : await this.#update(transition, [readable]);
    if (!written.applied) return refused(written);
    const run = decodeRun(written.output.Attributes ?? {});
    if (isReadable(run)) return { applied: true, run };
    throw new Error(`${transition.name} wrote to a run of schema ${run.schema} in spite of its condition`);
  }

  async applyUnread(transition: Transition): Promise<boolean> {
    return (await this.#update(transition, [])).applied;
  }

  async get(key: RunKey): Promise<Run | UnreadableRun | undefined> {
    const item = await reaching(this.#table.name, () => read(this.#table, runKey(key)));
    return item && decodeRun(item);
  }

  async getMany(keys: readonly RunKey[]): Promise<readonly (Run | UnreadableRun)[]> {
    if (keys.length > keysMax) throw new Error(`${keys.length} keys at once; the limit is ${keysMax}`);
    // The same key twice in one request is refused.
    const unique = new Map(keys.map((key) => [runKey(key).pk, runKey(key)]));
    // What a throttled store leaves out stays out.
    const { items } = await reaching(this.#table.name, () => readMany(this.#table, [...unique.values()]));
    return items.map(decodeItem).filter((run) => run !== undefined);
  }

  async query(query: IndexQuery): Promise<IndexPage> {
    const { db, name } = this.#table;
    const { phase, shard, cursor, limit, newestFirst = false, since, until } = query;
    // DynamoDB takes no range that ends before it begins.
    if (since !== undefined && until !== undefined && since > until) return { entries: [] };
    const range = rangeOf(query);
    const command = new QueryCommand({
      TableName: name,
      IndexName: stateIndex.name,
      KeyConditionExpression: `#0 = :0${range.condition}`,
      ExpressionAttributeNames: {
        '#0': stateIndex.partition,
        ...(range.condition === '' ? {} : { '#1': stateIndex.sort }),
      },
      ExpressionAttributeValues: { ':0': statePartition(phase, shard), ...range.values },
      ScanIndexForward: !newestFirst,
      Limit: limit,
      ...(cursor === undefined ? {} : { ExclusiveStartKey: startKey(query, cursor) }),
    });
    const page = await reaching(name, () => db.send(command));
    const last = page.LastEvaluatedKey && toEntry(page.LastEvaluatedKey);
    return {
      entries: (page.Items ?? []).map(toEntry).filter((entry) => entry !== undefined),
      ...(last ? { cursor: encodeCursor(last) } : {}),
    };
  }

  foresee(run: Run, transition?: Transition): WriteUnits {
    return transition ? unitsOfUpdate(run, transition) : unitsOfPut(run);
  }

  #update(transition: Transition, first: readonly Guard[]) {
    const { db, name } = this.#table;
    const key = runKey(transition.key);
    const update = new UpdateCommand({
      TableName: name,
      Key: key,
      ...toExpressions({ ...transition, guards: [...first, ...transition.guards] }),
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    return conditionally(this.#table, key, () => db.send(update));
  }
}

/** A key condition takes one comparison of the sort key. */
function rangeOf({ since, until }: Pick<IndexQuery, 'since' | 'until'>): {
  condition: string;
  values: Stored;
} {
  if (since === undefined && until === undefined) return { condition: '', values: {} };
  if (since === undefined) return { condition: ' AND #1 <= :1', values: { ':1': until } };
  if (until === undefined) return { condition: ' AND #1 >= :1', values: { ':1': since } };
  return { condition: ' AND #1 BETWEEN :1 AND :2', values: { ':1': since, ':2': until } };
}

function refused({ item }: Extract<Conditional<unknown>, { applied: false }>): Applied {
  return { applied: false, run: item && decodeRun(item) };
}

function toEntry(item: Stored): IndexEntry | undefined {
  const key = parseRunPartition(item[tableKeys.partition]);
  const at = item[stateIndex.sort];
  return key && typeof at === 'number' ? { ...key, at } : undefined;
}
