import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { stateIndex } from './table.ts';

/** A table as it is, whoever made it. Keys as `pk S, sk S`: the partition key first. */
export interface TableFacts {
  readonly status: string;
  readonly keys: string;
  /** The index that Holdfast looks into, if there is one of its name. */
  readonly index: { readonly status: string; readonly keys: string; readonly projection: string } | undefined;
}

/** @throws the SDK's errors, as they are */
export async function inspectTable(db: DynamoDBDocumentClient, name: string): Promise<TableFacts> {
  const { Table: table = {} } = await plain(db).send(new DescribeTableCommand({ TableName: name }));
  const index = table.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === stateIndex.name);
  return {
    status: table.TableStatus ?? 'unknown',
    keys: keysText(table, table.KeySchema),
    index: index && {
      status: index.IndexStatus ?? 'unknown',
      keys: keysText(table, index.KeySchema),
      projection: index.Projection?.ProjectionType ?? 'unknown',
    },
  };
}

/** The attribute after which items are deleted, if they are. @throws the SDK's errors, as they are */
export async function inspectExpiry(db: DynamoDBDocumentClient, name: string): Promise<string | undefined> {
  const command = new DescribeTimeToLiveCommand({ TableName: name });
  const { TimeToLiveDescription: expiry } = await plain(db).send(command);
  const isOn = expiry?.TimeToLiveStatus === 'ENABLED' || expiry?.TimeToLiveStatus === 'ENABLING';
  return isOn ? expiry.AttributeName : undefined;
}

/** It sends every command; only its type names those alone whose items it translates. */
const plain = (db: DynamoDBDocumentClient) => db as unknown as Pick<DynamoDBClient, 'send'>;

function keysText({ AttributeDefinitions = [] }: TableDescription, keys: KeySchemaElement[] = []): string {
  const types = new Map(
    AttributeDefinitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]),
  );
  return keys
    .toSorted((a, b) => Number(a.KeyType !== 'HASH') - Number(b.KeyType !== 'HASH'))
    .map(({ AttributeName }) => `${AttributeName} ${types.get(AttributeName) ?? '?'}`)
    .join(', ');
}
