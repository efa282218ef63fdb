import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Shape } from '../model/definition.ts';
import { HoldfastError } from '../model/errors.ts';
import type { DefinitionHash } from '../model/ids.ts';
import type { DefinitionStore } from '../ports/definition-store.ts';
import { read } from './conditional.ts';
import type { Table } from './document-client.ts';
import { reaching } from './errors.ts';
import { definitionKey } from './keys.ts';

/** Shapes as items of their own, as JSON. */
export class DynamoDefinitionStore implements DefinitionStore {
  readonly #table: Table;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#table = { db, name: table };
  }

  async put(hash: DefinitionHash, shape: Shape): Promise<void> {
    const { db, name: TableName } = this.#table;
    // No condition: the hash says what it holds.
    const Item = { ...definitionKey(hash), x: JSON.stringify(shape) };
    await reaching(TableName, () => db.send(new PutCommand({ TableName, Item })));
  }

  async get(hash: DefinitionHash): Promise<Shape | undefined> {
    const item = await reaching(this.#table.name, () => read(this.#table, definitionKey(hash)));
    if (!item) return undefined;
    if (typeof item.x === 'string') return JSON.parse(item.x) as Shape;
    throw new HoldfastError('DamagedItem', `The stored definition ${hash} is damaged`);
  }
}
