import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { dataKey } from '../../lib/dynamodb/keys.ts';
import { DynamoPayloadStore } from '../../lib/dynamodb/payload-store.ts';
import { dynamodbEndpoints } from '../support/endpoints.ts';
import { sampleRun } from '../support/sample-run.ts';
import { openTable } from '../support/test-table.ts';

describe.each(dynamodbEndpoints())('a stored value: $name', (endpoint) => {
  test('carries its expiry in whole seconds, as time to live wants it', async () => {
    const table = await openTable(endpoint);
    const run = sampleRun();
    await new DynamoPayloadStore(table.db, table.name).put(run, 'task#1', 'x', 1_800_000_000_001);
    const { Item } = await table.db.send(
      new GetCommand({ TableName: table.name, Key: dataKey(run, 'task#1') }),
    );
    expect(Item).toMatchObject({ expires: 1_800_000_001 });
    await table.close();
  });
});
