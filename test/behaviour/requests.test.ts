import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import * as tasks from './tasks.ts';

let runtime: LocalRuntime;

beforeAll(async () => {
  runtime = await startLocal({ tasks, port: 0, settings: { discoveryPeriod: '1h', heartbeat: '10m' } });
});
afterAll(() => runtime.close());

it('100 tasks without faults take three table writes each, and no read', async () => {
  // The first task brings what comes once: the heartbeat and the schedule's first tick.
  await runtime.client.result(await runtime.client.submit(tasks.echo, 0), { timeout: '10s' });
  const before = runtime.requestCounts();
  await pMap(Array.from({ length: 100 }), (_, n) => runtime.client.submit(tasks.echo, n), {
    concurrency: 16,
  });
  await untilSucceeded(101);
  const after = runtime.requestCounts();
  const spent = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
  expect({
    puts: spent('dynamodb:PutItem'),
    updates: spent('dynamodb:UpdateItem'),
    gets: spent('dynamodb:GetItem'),
    batchGets: spent('dynamodb:BatchGetItem'),
    queries: spent('dynamodb:Query'),
  }).toEqual({ puts: 100, updates: 200, gets: 0, batchGets: 0, queries: 0 });
  expect(spent('sqs:ChangeMessageVisibility')).toBe(0);
});

/** Counted by a client of the test's own, whose requests are in nobody's figures. */
async function untilSucceeded(count: number): Promise<void> {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_REGION = '', HOLDFAST_TABLE } = runtime.env;
  const client = new DynamoDBClient({
    endpoint: runtime.endpoints.dynamodb,
    region: AWS_REGION,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
  });
  for (let found = 0; found < count; await pause(50)) {
    found = 0;
    for (let shard = 0; shard < 16; shard += 1) {
      const page = await client.send(
        new QueryCommand({
          TableName: HOLDFAST_TABLE,
          IndexName: 'byState',
          KeyConditionExpression: 'statePk = :state',
          ExpressionAttributeValues: { ':state': { S: `succeeded#${shard}` } },
          Select: 'COUNT',
        }),
      );
      found += page.Count ?? 0;
    }
  }
  client.destroy();
}
