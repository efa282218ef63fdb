import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { HoldfastError } from '../model/errors.ts';
import type { RunKey } from '../model/run.ts';
import { type EpochMs, toEpochSec } from '../model/time.ts';
import type { PayloadItems } from '../ports/payload-store.ts';
import { read } from './conditional.ts';
import type { Table } from './document-client.ts';
import { reaching } from './errors.ts';
import { dataKey } from './keys.ts';
import { fromStored, toStored } from './stored-value.ts';
import { expiryAttribute } from './table.ts';

const text = { stored: 'x' } as const;

/** Large texts as items beside their run's. */
export class DynamoPayloadStore implements PayloadItems {
  readonly #table: Table;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#table = { db, name: table };
  }

  async put(key: RunKey, name: string, value: string, expiresAt: EpochMs): Promise<void> {
    const { db, name: TableName } = this.#table;
    // No condition: a name says what it holds, or belongs to one epoch, whose holder only writes the same text again.
    const Item = {
      ...dataKey(key, name),
      [text.stored]: toStored(text, value),
      [expiryAttribute]: toEpochSec(expiresAt),
    };
    await reaching(TableName, () => db.send(new PutCommand({ TableName, Item })));
  }

  async get(key: RunKey, name: string): Promise<string> {
    const item = await reaching(this.#table.name, () => read(this.#table, dataKey(key, name)));
    if (!item) throw new HoldfastError('PayloadMissing', `Run ${key.run} has no stored value ${name}`);
    const value = fromStored(text, item[text.stored]);
    if (typeof value === 'string') return value;
    throw new HoldfastError('DamagedItem', `The stored value ${name} of run ${key.run} is not a text`);
  }
}
