import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** A table and the client that reaches it. Making and destroying the client is the caller's business. */
export interface Table {
  readonly db: DynamoDBDocumentClient;
  readonly name: string;
}

/**
 * By default the SDK throws on numbers beyond 2^53, and then one damaged item would cost the page it stands on. As
 * plain numbers they reach the item's own validation instead.
 */
export const unmarshallOptions = { wrapNumbers: (text: string) => Number(text) };

/** The document client that the stores of this directory expect. */
export function documentClient(client: DynamoDBClient): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(client, { unmarshallOptions });
}
