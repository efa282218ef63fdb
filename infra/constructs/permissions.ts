import type { Parts, PoolParts } from './parts.ts';

/** One permission: these actions on these resources, and nothing else. */
export interface Permission {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Only items whose partition begins so. */
  readonly partitions?: string;
}

export const onTable = ({ runTable }: Pick<Parts, 'runTable'>, ...names: readonly string[]): Permission => ({
  actions: names.map((name) => `dynamodb:${name}`),
  resources: [runTable.table.tableArn],
});

export const queryIndex = ({ runTable }: Pick<Parts, 'runTable'>): Permission => ({
  actions: ['dynamodb:Query'],
  resources: [runTable.indexArn],
});

/** Who waits for a limit is listed and deleted: their items, and no others. */
export const limitWaiters = (parts: Parts): Permission => ({
  ...onTable(parts, 'DeleteItem', 'Query'),
  partitions: 'SLOTS#*',
});

/** On the queues of all pools: any executor may ring for what another pool does next. */
export const onQueues = ({ pools }: Pick<Parts, 'pools'>, ...names: readonly string[]): Permission => ({
  actions: names.map((name) => `sqs:${name}`),
  resources: Object.values(pools).flatMap(queueArns),
});

export const queueArns = ({ queues }: PoolParts): string[] => queues.lanes.map(({ queue }) => queue.queueArn);

export const onDeadLetters = ({ pools }: Pick<Parts, 'pools'>, ...names: readonly string[]): Permission => ({
  actions: names.map((name) => `sqs:${name}`),
  resources: Object.values(pools).map(({ queues }) => queues.deadLetterQueue.queueArn),
});

/** Large payloads are read and written, and deleted by the bucket alone. */
export function onPayloads(
  { bucket }: Pick<Parts, 'bucket'>,
  ...given: readonly string[]
): readonly Permission[] {
  if (!bucket) return [];
  const names = given.length > 0 ? given : ['GetObject', 'PutObject'];
  return [
    { actions: names.map((name) => `s3:${name}`), resources: [bucket.arnForObjects('*')] },
    // Else what is not there would look like what may not be read.
    ...(names.includes('GetObject') ? [{ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }] : []),
  ];
}

const keyReadActions = ['kms:Decrypt', 'kms:DescribeKey'] as const;
const keyWriteActions = [
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
] as const;

/** What DynamoDB, SQS and S3 do with the customer's key, they do in the name of whoever asks them. */
export const keyUse = (
  { keys }: Pick<Parts, 'keys'>,
  purpose: 'read' | 'write' = 'write',
): readonly Permission[] =>
  keys.length > 0
    ? [
        {
          actions: purpose === 'read' ? keyReadActions : [...keyReadActions, ...keyWriteActions],
          resources: keys.map(({ keyArn }) => keyArn),
        },
      ]
    : [];
