import { randomUUID } from 'node:crypto';
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { StartRival } from './rival.ts';

/*
 * What a careful team builds by hand of Powertools for AWS: a message for each task, received in batches, each record
 * handled once by an idempotency record. With a status item beside it, as whoever submitted needs to find the task.
 */
interface Task {
  readonly id: string;
  readonly input: number;
}

export const start: StartRival = async ({ inFlight, queueUrl, table: tableName }) => {
  const dynamodb = new DynamoDBClient();
  const db = DynamoDBDocumentClient.from(dynamodb);
  const sqs = new SQSClient({ useQueueUrlAsEndpoint: true });
  const store = new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: dynamodb });
  const config = new IdempotencyConfig({ eventKeyJmesPath: 'id', throwOnNoIdempotencyKey: true });
  const waiting = new Map<string, () => void>();

  const idempotent = makeIdempotent(async ({ input }: Task) => ({ output: input + 1 }), {
    persistenceStore: store,
    config,
  });
  const handleRecord = async ({ body }: { body: string }) => {
    const task = JSON.parse(body) as Task;
    const { output } = await idempotent(task);
    await db.send(statusUpdate(tableName, task.id, output));
    waiting.get(task.id)?.();
    waiting.delete(task.id);
  };
  const processor = new BatchProcessor(EventType.SQS);
  const handleBatch = async (messages: readonly Message[]) => {
    const Records = messages.map(toRecord);
    await processPartialResponse({ Records } as never, handleRecord as never, processor, {
      throwOnFullBatchFailure: false,
    });
    const Entries = messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  };

  const stop = new AbortController();
  const poll = async () => {
    while (!stop.signal.aborted) {
      const receive = new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 20,
      });
      const { Messages = [] } = await sqs.send(receive, { abortSignal: stop.signal });
      if (Messages.length > 0) await handleBatch(Messages);
    }
  };
  // Batches of ten, so that as many are under way as there may be.
  const polls = Array.from({ length: Math.ceil(inFlight / 10) }, () => poll().catch(() => {}));

  return {
    async run() {
      const task: Task = { id: randomUUID(), input: 1 };
      const done = new Promise<void>((resolve) => waiting.set(task.id, resolve));
      await db.send(
        new PutCommand({
          TableName: tableName,
          Item: { id: `task#${task.id}`, status: 'pending', input: task.input },
          ConditionExpression: 'attribute_not_exists(id)',
        }),
      );
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(task) }));
      await done;
    },
    async close() {
      stop.abort();
      await Promise.all(polls);
    },
  };
};

const statusUpdate = (tableName: string, id: string, output: number) =>
  new UpdateCommand({
    TableName: tableName,
    Key: { id: `task#${id}` },
    UpdateExpression: 'SET #s = :done, #o = :output',
    ExpressionAttributeNames: { '#s': 'status', '#o': 'output' },
    ExpressionAttributeValues: { ':done': 'done', ':output': output },
  });

const toRecord = ({ Body, MessageId, ReceiptHandle }: Message) => ({
  messageId: MessageId,
  receiptHandle: ReceiptHandle,
  body: Body,
  attributes: {},
  messageAttributes: {},
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:by-hand',
  awsRegion: 'us-east-1',
});
