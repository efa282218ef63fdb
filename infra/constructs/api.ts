import { Duration } from 'aws-cdk-lib';
import { FunctionUrlAuthType, InvokeMode } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { envNames } from '../../lib/config/env.ts';
import { readSettings, settingVariable } from '../../lib/config/settings.ts';
import { BundledFunction, type Permission } from './bundled-function.ts';
import type { StackParts } from './stack-parts.ts';

/** functions/api.ts behind a function URL that answers nobody without IAM's permission. */
export class Api extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, parts: StackParts) {
    super(scope, id);
    const api = new BundledFunction(this, 'Api', {
      parts,
      file: 'api',
      description: 'Holdfast: the HTTP API',
      timeout: Duration.seconds(30),
      environment: apiEnvironment(parts),
      permissions: apiPermissions(parts),
    });
    this.url = api.function.addFunctionUrl({
      authType: FunctionUrlAuthType.AWS_IAM,
      invokeMode: InvokeMode.RESPONSE_STREAM,
    }).url;
  }
}

/** What the API reads beside what all functions get. */
export function apiEnvironment({ options }: StackParts): Record<string, string> {
  const { defaultTask, openRuns, requestRate } = options;
  const environment = {
    ...(defaultTask !== undefined && { [envNames.defaultTask]: defaultTask }),
    ...(openRuns !== undefined && { [settingVariable('openRuns')]: String(openRuns) }),
    ...(requestRate !== undefined && { [settingVariable('requestRate')]: String(requestRate) }),
  };
  // What the functions would refuse at their first request is refused before anything is deployed.
  readSettings(environment);
  return environment;
}

/** What the API does to table and queue, whoever stands before it. */
export function apiPermissions({ doorbells, runTable }: StackParts): readonly Permission[] {
  return [
    {
      actions: [
        'dynamodb:BatchGetItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
      ],
      resources: [runTable.table.tableArn],
    },
    { actions: ['dynamodb:Query'], resources: [runTable.indexArn] },
    { actions: ['sqs:GetQueueAttributes', 'sqs:SendMessage'], resources: [doorbells.queue.queueArn] },
    // To show what lies there, and to send it back.
    {
      actions: [
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:GetQueueUrl',
        'sqs:ReceiveMessage',
        'sqs:StartMessageMoveTask',
      ],
      resources: [doorbells.deadLetterQueue.queueArn],
    },
  ];
}
