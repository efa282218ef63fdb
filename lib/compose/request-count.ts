import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { currentTab } from '../cost/tab.ts';
import { type Usage, unitsPrefix } from '../cost/usage.ts';
import { dynamodbUsage, isUntold, type Outcome, s3Usage, sqsUsage, tellsCapacity } from './request-units.ts';

const counts = new Map<string, number>();

/**
 * Requests this process has sent so far, retries of the SDK included, and the units that they are billed by:
 * `{ 'dynamodb:UpdateItem': 3, 'units:tableUnits': 3 }`. `usageOfCounts` reads the units. `units:computed` is how many
 * answers did not tell them, so that they follow from sizes.
 */
export const requestCounts = (): Record<string, number> => Object.fromEntries(counts);

/** Counts something else that happened in this process, under the prefix `holdfast:`. */
export const countEvent = (name: 'duplicate'): void => count(`holdfast:${name}`);

/** Counts requests to S3, which no client of the SDK sends. */
export function countS3Request(name: string): void {
  count(`s3:${name}`);
  countUsage(s3Usage(name));
}

function count(name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

function countUsage(usage: Partial<Usage>): void {
  currentTab()?.add(usage);
  for (const [kind, amount] of Object.entries(usage))
    if (amount !== 0) count(`${unitsPrefix}${kind}`, amount);
}

/**
 * Counts every request at the SDK's boundary, each try by itself, where what AWS charges for is known exactly; on behalf
 * of whoever has a tab open. DynamoDB is asked to tell what each consumed, its index included.
 */
export function countRequests(dynamodb: DynamoDBClient, sqs: SQSClient): void {
  dynamodb.middlewareStack.add(
    (next, context) => (args) => {
      if (tellsCapacity(nameOf(context.commandName)))
        Object.assign(args.input, { ReturnConsumedCapacity: 'INDEXES' });
      return next(args);
    },
    { step: 'initialize', name: 'holdfastCapacity' },
  );
  countTries(dynamodb, 'dynamodb', dynamodbUsage);
  countSqsRequests(sqs);
}

/** The same for a client of SQS alone. */
export function countSqsRequests(sqs: SQSClient): void {
  countTries(sqs, 'sqs', (_command, input, outcome) => sqsUsage(input, outcome));
}

type UsageOf = (command: string, input: unknown, outcome: Outcome) => Partial<Usage>;

/** Beyond the SDK's retries, and where an answer is read already. */
function countTries(client: DynamoDBClient | SQSClient, service: string, usageOf: UsageOf): void {
  const { middlewareStack } = client as DynamoDBClient;
  middlewareStack.add(
    (next, context) => async (args) => {
      const command = nameOf(context.commandName);
      count(`${service}:${command}`);
      try {
        const answer = await next(args);
        countUsage(usageOf(command, args.input, answer));
        if (service === 'dynamodb' && isUntold(command, answer)) count('units:computed');
        return answer;
      } catch (error) {
        countUsage(usageOf(command, args.input, { error }));
        throw error;
      }
    },
    { step: 'finalizeRequest', priority: 'low', name: 'holdfastCount' },
  );
}

const nameOf = (command: string | undefined): string => command?.replace(/Command$/, '') ?? 'unknown';
