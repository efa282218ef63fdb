import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteMessageBatchCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import {
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { countRequests, countS3Request, requestCounts } from '../../../lib/compose/request-count.ts';
import { Tab, withTab } from '../../../lib/cost/tab.ts';
import { nothing, plus, type Usage, usageOfCounts } from '../../../lib/cost/usage.ts';
import { documentClient } from '../../../lib/dynamodb/document-client.ts';
import { type CannedAnswer, startCannedServer } from '../../support/canned-server.ts';
import { clientConfig } from '../../support/test-table.ts';

/** Clients of a server that answers each request with the next of these. */
async function connect(...answers: readonly CannedAnswer[]) {
  const server = await startCannedServer(...answers);
  const config = clientConfig({ name: 'canned', url: server.url });
  const [dynamodb, sqs] = [new DynamoDBClient(config), new SQSClient(config)];
  countRequests(dynamodb, sqs);
  onTestFinished(async () => {
    dynamodb.destroy();
    sqs.destroy();
    await server[Symbol.asyncDispose]();
  });
  return { db: documentClient(dynamodb), sqs, server };
}

const ok = (body: object): CannedAnswer => ({ status: 200, body: JSON.stringify(body) });

/** What stands on a tab of its own, and what was added to the counts of the process. */
async function counting(work: () => Promise<unknown>): Promise<Usage> {
  const before = usageOfCounts(requestCounts());
  const tab = new Tab();
  await withTab(tab, work);
  expect(plus(usageOfCounts(requestCounts()), before, -1)).toEqual(tab.sum);
  return tab.sum;
}

const capacity = (table: number, index = 0) => ({
  TableName: 't',
  CapacityUnits: table + index,
  Table: { CapacityUnits: table },
  ...(index > 0 && { GlobalSecondaryIndexes: { byState: { CapacityUnits: index } } }),
});
const put = new PutCommand({ TableName: 't', Item: { pk: 'a' } });
const failed = (type: string, more: object = {}): CannedAnswer => ({
  status: 400,
  body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'no', ...more }),
});

describe('requests to DynamoDB', () => {
  it('ask what they consume, and are counted by the answer, the index apart', async () => {
    const { db, server } = await connect(ok({ ConsumedCapacity: capacity(3, 2) }));
    expect(await counting(() => db.send(put))).toEqual({
      ...nothing,
      writes: 1,
      tableUnits: 3,
      indexUnits: 2,
    });
    const [body] = server.requests.map((request) => JSON.parse(request.body.toString()));
    expect(body).toMatchObject({ TableName: 't', ReturnConsumedCapacity: 'INDEXES' });
  });

  it('are counted at each try of the SDK', async () => {
    const before = requestCounts()['dynamodb:PutItem'] ?? 0;
    const { db } = await connect(
      failed('ProvisionedThroughputExceededException'),
      ok({ ConsumedCapacity: capacity(1, 1) }),
    );
    expect(await counting(() => db.send(put))).toEqual({
      ...nothing,
      writes: 2,
      tableUnits: 1,
      indexUnits: 1,
    });
    expect(requestCounts()['dynamodb:PutItem']).toBe(before + 2);
  });

  it('that are refused are billed by the item that is there', async () => {
    const Item = { pk: { S: 'a' }, x: { S: 'y'.repeat(2_000) } };
    const { db } = await connect(
      failed('ConditionalCheckFailedException', { Item }),
      failed('ConditionalCheckFailedException'),
    );
    const refused = () => expect(db.send(put)).rejects.toThrow();
    expect(await counting(refused)).toEqual({ ...nothing, writes: 1, tableUnits: 2 });
    expect(await counting(refused)).toEqual({ ...nothing, writes: 1, tableUnits: 1 });
  });

  it('that write several items at once count each, cancelled or not', async () => {
    const Put = { TableName: 't', Item: { pk: 'a' } };
    const both = new TransactWriteCommand({ TransactItems: [{ Put }, { Put }] });
    const CancellationReasons = [{ Code: 'ConditionalCheckFailed' }, { Code: 'None' }];
    const { db } = await connect(
      ok({ ConsumedCapacity: [capacity(4, 2)] }),
      failed('TransactionCanceledException', { CancellationReasons }),
    );
    expect(await counting(() => db.send(both))).toEqual({
      ...nothing,
      writes: 2,
      tableUnits: 4,
      indexUnits: 2,
    });
    expect(await counting(() => expect(db.send(both)).rejects.toThrow())).toEqual({
      ...nothing,
      writes: 2,
      tableUnits: 4,
    });
  });

  it('whose answers do not tell are weighed, and that is told', async () => {
    const before = requestCounts()['units:computed'] ?? 0;
    const x = 'y'.repeat(2_000);
    const state = { statePk: 'active#1', stateAt: 5 };
    const { db } = await connect(
      ok({}),
      ok({}),
      ok({ Attributes: { pk: { S: 'a' }, x: { S: x } } }),
      ok({}),
      ok({ Item: { pk: { S: 'a' }, x: { S: 'y'.repeat(5_000) } } }),
      ok({}),
    );
    const update = (UpdateExpression: string) =>
      db.send(
        new UpdateCommand({
          TableName: 't',
          Key: { pk: 'a' },
          UpdateExpression,
          ExpressionAttributeNames: { '#0': 'stateAt', '#1': 'x' },
          ExpressionAttributeValues: { ':0': 1 },
        }),
      );
    const Put = { TableName: 't', Item: { pk: 'a' } };
    const usages = [
      await counting(() => db.send(new PutCommand({ TableName: 't', Item: { pk: 'a', x, ...state } }))),
      await counting(() => db.send(put)),
      await counting(() => update('SET #0 = :0')),
      await counting(() => update('SET #1 = #0')),
      await counting(() => db.send(new GetCommand({ TableName: 't', Key: { pk: 'a' } }))),
      await counting(() => db.send(new TransactWriteCommand({ TransactItems: [{ Put }, { Put }] }))),
    ];
    expect(usages).toEqual([
      { ...nothing, writes: 1, tableUnits: 2, indexUnits: 1 },
      { ...nothing, writes: 1, tableUnits: 1 },
      { ...nothing, writes: 1, tableUnits: 2, indexUnits: 2 },
      { ...nothing, writes: 1, tableUnits: 1 },
      { ...nothing, reads: 1, readUnits: 2 },
      { ...nothing, writes: 2, tableUnits: 4 },
    ]);
    expect(requestCounts()['units:computed']).toBe(before + usages.length);
  });

  it('that read count their units, of an index too', async () => {
    const { db } = await connect(
      ok({ ConsumedCapacity: { TableName: 't', CapacityUnits: 2 } }),
      ok({ Items: [], Count: 0, ConsumedCapacity: capacity(0, 0.5) }),
    );
    const get = new GetCommand({ TableName: 't', Key: { pk: 'a' } });
    expect(await counting(() => db.send(get))).toEqual({ ...nothing, reads: 1, readUnits: 2 });
    const query = new QueryCommand({ TableName: 't', KeyConditionExpression: 'a = b' });
    expect(await counting(() => db.send(query))).toEqual({ ...nothing, reads: 1, readUnits: 0.5 });
  });
});

it('requests to SQS count for each 64 KB', async () => {
  const body = 'x'.repeat(65_536);
  const { sqs } = await connect(ok({ Successful: [], Failed: [] }));
  const Entries = [1, 2].map((n) => ({ Id: `${n}`, MessageBody: body }));
  const send = new SendMessageBatchCommand({ QueueUrl: 'https://q', Entries });
  expect(await counting(() => sqs.send(send))).toEqual({ ...nothing, sqsRequests: 2 });
  const remove = new DeleteMessageBatchCommand({ QueueUrl: 'https://q', Entries: [] });
  expect(await counting(() => sqs.send(remove))).toEqual({ ...nothing, sqsRequests: 1 });
});

it('requests to S3 are billed by what they do', async () => {
  const names = ['GetObject', 'HeadBucket', 'PutObject', 'CopyObject', 'ListObjectsV2'];
  const usage = await counting(async () => names.forEach(countS3Request));
  expect(usage).toEqual({ ...nothing, s3Gets: 2, s3Puts: 3 });
});
