import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Shape } from '../model/definition.ts';
import { HoldfastError } from '../model/errors.ts';
import type { DefinitionHash } from '../model/ids.ts';
import type { DefinitionStore } from '../ports/definition-store.ts';
import { read } from './conditional.ts';
import type { Table } from './document-client.ts';
import { reaching } from './errors.ts';
import { definitionKey } from './keys.ts';
import type { Stored } from './stored-value.ts';

/** A piece takes at most three times as many bytes in UTF-8: less than the 400 KB that an item holds. */
const pieceCharsMax = 120_000;

/** Shapes as items of their own, as JSON: nearly always one each, the largest in several pieces. */
export class DynamoDefinitionStore implements DefinitionStore {
  readonly #table: Table;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#table = { db, name: table };
  }

  async put(hash: DefinitionHash, shape: Shape): Promise<void> {
    const { db, name: TableName } = this.#table;
    const pieces = inPieces(JSON.stringify(shape));
    // No condition: the hash says what it holds. The first piece comes last: where it is, all are.
    for (const [piece, x] of [...pieces.entries()].reverse()) {
      const of = piece === 0 && pieces.length > 1 ? { n: pieces.length } : {};
      const Item = { ...definitionKey(hash, piece), x, ...of };
      await reaching(TableName, () => db.send(new PutCommand({ TableName, Item })));
    }
  }

  async get(hash: DefinitionHash): Promise<Shape | undefined> {
    const first = await this.#read(hash, 0);
    if (!first) return undefined;
    const count = typeof first.n === 'number' ? first.n : 1;
    const others = Array.from({ length: count - 1 }, (_, at) => this.#read(hash, at + 1));
    const texts = [first, ...(await Promise.all(others))].map((item) => item?.x);
    if (texts.every((text) => typeof text === 'string')) return JSON.parse(texts.join('')) as Shape;
    throw new HoldfastError('DamagedItem', `The stored definition ${hash} is damaged`);
  }

  #read(hash: DefinitionHash, piece: number): Promise<Stored | undefined> {
    return reaching(this.#table.name, () => read(this.#table, definitionKey(hash, piece)));
  }
}

function inPieces(text: string): string[] {
  const pieces: string[] = [];
  // By code points: half of a surrogate pair is no UTF-8.
  let piece = '';
  for (const character of text) {
    if (piece.length + character.length > pieceCharsMax) {
      pieces.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...pieces, piece];
}
