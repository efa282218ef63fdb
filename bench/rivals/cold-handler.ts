import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import middy from '@middy/core';

/** The function that a careful team writes by hand: middy, batches, one idempotency record for each task. */
const processor = new BatchProcessor(EventType.SQS);
const idempotent = makeIdempotent(async ({ input }: { input: number }) => ({ output: input + 1 }), {
  persistenceStore: new DynamoDBPersistenceLayer({ tableName: process.env.BY_HAND_TABLE ?? '' }),
  config: new IdempotencyConfig({ eventKeyJmesPath: 'id', throwOnNoIdempotencyKey: true }),
});

export const handler = middy().handler((event: unknown, context: unknown) =>
  processPartialResponse(
    event as never,
    (({ body }: { body: string }) => idempotent(JSON.parse(body))) as never,
    processor,
    { context: context as never },
  ),
);
