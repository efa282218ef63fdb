import { randomUUID } from 'node:crypto';
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { envNames } from '../../lib/config/env.ts';
import { defaultPool } from '../../lib/config/pools.ts';
import { ensureTable } from '../../lib/dynamodb/create-table.ts';
import { localCredentials, localRegion } from '../../lib/local/credentials.ts';
import { startDynamoDb } from '../../lib/local/dynamodb-server.ts';
import { startChild } from './child.ts';

/** A DynamoDB and an SQS, each in a process of its own, with a table and queues that nobody else uses. */
export interface Stack extends AsyncDisposable {
  /** What programs find them by. */
  readonly env: Readonly<Record<string, string>>;
  readonly table: string;
  /** A queue for whoever does by hand what is measured. */
  readonly otherQueueUrl: string;
  /** What DynamoDB it is, for people. */
  readonly engine: string;
}

/** @param endpoint of a DynamoDB that is there already; else the one of the embedded runtime is started */
export async function openStack(endpoint?: string): Promise<Stack> {
  await using opening = new AsyncDisposableStack();
  const table = `bench-${randomUUID()}`;
  const server = endpoint === undefined ? await startDynamoDb({ tableName: table }) : undefined;
  if (server) opening.defer(() => server.close());
  else await tableAt(opening, endpoint ?? '', table);
  const queues = opening.use(startChild(new URL('queue-server.ts', import.meta.url)));
  const { otherQueueUrl, queueUrl, url: sqsUrl } = (await queues.next()) as Record<string, string>;
  const env = {
    AWS_ENDPOINT_URL_DYNAMODB: server?.url ?? endpoint ?? '',
    AWS_ENDPOINT_URL_SQS: sqsUrl ?? '',
    AWS_REGION: localRegion,
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    [envNames.table]: table,
    [envNames.pools]: JSON.stringify({ [defaultPool]: { tags: [], lanes: { normal: queueUrl } } }),
    [envNames.logLevel]: 'warn',
  };
  const opened = opening.move();
  return {
    env,
    table,
    otherQueueUrl: otherQueueUrl ?? '',
    engine: server?.engine ?? `the DynamoDB at ${endpoint}`,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function tableAt(opening: AsyncDisposableStack, endpoint: string, name: string): Promise<void> {
  const client = new DynamoDBClient({ endpoint, region: localRegion, credentials: localCredentials });
  opening.defer(async () => {
    await client.send(new DeleteTableCommand({ TableName: name }));
    client.destroy();
  });
  await ensureTable(client, name);
}
