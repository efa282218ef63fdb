import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { buckets } from './bucket.ts';
import { stackName } from './cdk.ts';
import { logGroups } from './logs.ts';
import { awsJson, lambdaGet } from './signed-request.ts';

/** What of the stack is there: nothing, once it is destroyed. */
export async function stackResources(): Promise<string[]> {
  const dynamodb = new DynamoDBClient({});
  const sqs = new SQSClient({});
  const [tables, queues, functions, mappings, rules, groups, allBuckets] = await Promise.all([
    dynamodb.send(new ListTablesCommand({})).then(({ TableNames = [] }) => TableNames),
    sqs.send(new ListQueuesCommand({})).then(({ QueueUrls = [] }) => QueueUrls),
    lambdaGet<{ Functions: { FunctionName: string }[] }>('functions/').then(({ Functions }) =>
      Functions.map(({ FunctionName }) => FunctionName),
    ),
    lambdaGet<{ EventSourceMappings: { EventSourceArn: string }[] }>('event-source-mappings/').then(
      ({ EventSourceMappings }) => EventSourceMappings.map(({ EventSourceArn }) => EventSourceArn),
    ),
    awsJson<{ Rules: { Name: string }[] }>('events', 'AWSEvents.ListRules', {}).then(({ Rules }) =>
      Rules.map(({ Name }) => Name),
    ),
    logGroups(),
    buckets(),
  ]);
  dynamodb.destroy();
  sqs.destroy();
  const kinds = { tables, queues, functions, mappings, rules, 'log groups': groups, buckets: allBuckets };
  // Names of buckets have no capitals.
  const isOurs = (name: string) => name.toLowerCase().includes(stackName.toLowerCase());
  return Object.entries(kinds).flatMap(([kind, names]) =>
    names.filter(isOurs).map((name) => `${kind}: ${name}`),
  );
}
