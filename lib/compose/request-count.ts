import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';

const counts = new Map<string, number>();

/** Requests this process has sent so far, retries of the SDK included: `{ 'dynamodb:UpdateItem': 3 }`. */
export const requestCounts = (): Record<string, number> => Object.fromEntries(counts);

/** Counts something else that happened in this process, under the prefix `holdfast:`. */
export const countEvent = (name: 'duplicate'): void => {
  counts.set(`holdfast:${name}`, (counts.get(`holdfast:${name}`) ?? 0) + 1);
};

/** Counts requests to S3, which no client of the SDK sends. */
export const countS3Request = (name: string): void => count('s3', name);

const count = (service: string, command: string | undefined) => {
  const name = `${service}:${command?.replace(/Command$/, '') ?? 'unknown'}`;
  counts.set(name, (counts.get(name) ?? 0) + 1);
};

/** Counts every request at the SDK's boundary, after its retries, where what AWS charges for is known exactly. */
export function countRequests(dynamodb: DynamoDBClient, sqs: SQSClient): void {
  dynamodb.middlewareStack.add(
    (next, context) => (args) => {
      count('dynamodb', context.commandName);
      return next(args);
    },
    { step: 'deserialize', name: 'holdfastCount' },
  );
  countSqsRequests(sqs);
}

/** The same for a client of SQS alone. */
export function countSqsRequests(sqs: SQSClient): void {
  sqs.middlewareStack.add(
    (next, context) => (args) => {
      count('sqs', context.commandName);
      return next(args);
    },
    { step: 'deserialize', name: 'holdfastCount' },
  );
}
