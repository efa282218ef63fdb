import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { envNames } from '../../lib/config/env.ts';
import { defaultPool } from '../../lib/config/pools.ts';
import { ensureTable } from '../../lib/dynamodb/create-table.ts';
import { localCredentials, localRegion } from '../../lib/local/credentials.ts';
import { startDynamoDb } from '../../lib/local/dynamodb-server.ts';
import { startChild } from './child.ts';

/** A DynamoDB and an SQS, each in a process of its own, with tables and queues that nobody else uses. */
export interface Stack extends AsyncDisposable {
  /** What programs find them by. */
  readonly env: Readonly<Record<string, string>>;
  readonly table: string;
  readonly queueUrl: string;
  /** A table, with a key called `id`, for whoever does by hand what is measured. */
  readonly otherTable: string;
  /** A queue for the same. */
  readonly otherQueueUrl: string;
}

/** @param endpoint of a DynamoDB that is there already; else the one of the embedded runtime is started */
export async function openStack(endpoint?: string): Promise<Stack> {
  await using opening = new AsyncDisposableStack();
  const started = endpoint === undefined ? opening.use(disposable(await startDynamoDb())) : undefined;
  const dynamodbUrl = started?.url ?? endpoint ?? '';
  const tables = opening.use(await createTables(dynamodbUrl));
  const queues = opening.use(startChild(new URL('queue-server.ts', import.meta.url)));
  const {
    bucket = '',
    otherQueueUrl = '',
    queueUrl = '',
    url: sqsUrl = '',
  } = (await queues.next()) as Record<string, string>;
  const env = {
    AWS_ENDPOINT_URL_DYNAMODB: dynamodbUrl,
    AWS_ENDPOINT_URL_SQS: sqsUrl,
    AWS_ENDPOINT_URL_S3: sqsUrl,
    AWS_REGION: localRegion,
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    [envNames.table]: tables.own,
    [envNames.payloadBucket]: bucket,
    [envNames.pools]: JSON.stringify({ [defaultPool]: { tags: [], lanes: { normal: queueUrl } } }),
    [envNames.logLevel]: 'warn',
  };
  const opened = opening.move();
  return {
    env,
    table: tables.own,
    queueUrl,
    otherTable: tables.other,
    otherQueueUrl,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const disposable = (server: Awaited<ReturnType<typeof startDynamoDb>>) => ({
  url: server.url,
  [Symbol.asyncDispose]: () => server.close(),
});

/** Disposing them deletes them. */
async function createTables(endpoint: string) {
  const client = new DynamoDBClient({ endpoint, region: localRegion, credentials: localCredentials });
  const id = randomUUID();
  const [own, other] = [`bench-${id}`, `bench-by-hand-${id}`];
  await ensureTable(client, own);
  await client.send(
    new CreateTableCommand({
      TableName: other,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  return {
    own,
    other,
    async [Symbol.asyncDispose]() {
      for (const TableName of [own, other]) await client.send(new DeleteTableCommand({ TableName }));
      client.destroy();
    },
  };
}
