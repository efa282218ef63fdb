import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { awsClients, pollingClient } from '../../../lib/compose/aws-clients.ts';

const logs = ({ middlewareStack }: Pick<DynamoDBClient, 'middlewareStack'>): boolean =>
  middlewareStack.identify().some((name) => name.startsWith('loggerMiddleware'));

it('copies nothing for a log of the SDK that nobody reads', () => {
  const env = { AWS_REGION: 'us-east-1' };
  const { dynamodb, sqs } = awsClients(env);
  // As the SDK makes them, they do.
  expect(logs(new DynamoDBClient({ region: 'us-east-1' }))).toBe(true);
  expect([dynamodb, sqs, pollingClient(env)].map((client) => logs(client as never))).toEqual([
    false,
    false,
    false,
  ]);
});
