import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';

/** A table and the client that reaches it. Making and destroying the client is the caller's business. */
export interface Table {
  readonly db: DynamoDBDocumentClient;
  readonly name: string;
}

/**
 * By default the SDK throws on numbers beyond 2^53, and then one damaged item would cost the page it stands on. As
 * plain numbers they reach the item's own validation instead.
 */
const wrapNumbers = (text: string) => Number(text);

/** The document client that the stores of this directory expect. */
export function documentClient(client: DynamoDBClient): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(client, {
    unmarshallOptions: { wrapNumbers },
    // By default a map with a key named `constructor` is taken for the instance of a class, and refused.
    marshallOptions: { convertClassInstanceToMap: true },
  });
}

/** The item that an error carries: the document client leaves it as it came. */
export const itemOfError = (item: Record<string, AttributeValue>) => unmarshall(item, { wrapNumbers });
