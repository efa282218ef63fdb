import { randomUUID } from 'node:crypto';
import { DeleteTableCommand, DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { ensureTable } from '../../lib/dynamodb/create-table.ts';
import { documentClient, type Table } from '../../lib/dynamodb/document-client.ts';
import type { Endpoint } from './endpoints.ts';

/** What every client of a test needs; no endpoint of a test checks credentials. */
export const clientConfig = ({ url }: Endpoint) => ({
  endpoint: url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

export interface TestTable extends Table {
  /** Deletes the table. */
  close(): Promise<void>;
}

/** A table of its own, so that test files do not meet. */
export async function openTable(endpoint: Endpoint, config: DynamoDBClientConfig = {}): Promise<TestTable> {
  const client = new DynamoDBClient({ ...clientConfig(endpoint), ...config });
  const name = `test-${randomUUID()}`;
  await ensureTable(client, name);
  return {
    db: documentClient(client),
    name,
    async close() {
      await client.send(new DeleteTableCommand({ TableName: name }));
      client.destroy();
    },
  };
}
