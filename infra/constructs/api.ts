import { Duration } from 'aws-cdk-lib';
import {
  FunctionUrlAuthType,
  type IFunctionUrl,
  InvokeMode,
  type Function as LambdaFunction,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { envNames } from '../../lib/config/env.ts';
import { readSettings, settingVariable } from '../../lib/config/settings.ts';
import { HoldfastFunction } from './holdfast-function.ts';
import type { Parts } from './parts.ts';
import { onDeadLetters, onPayloads, onQueues, onTable, type Permission, queryIndex } from './permissions.ts';

/** functions/api.ts behind a function URL that answers nobody without IAM's permission. */
export class Api extends Construct {
  readonly function: LambdaFunction;
  readonly functionUrl: IFunctionUrl;

  constructor(scope: Construct, id: string, parts: Parts) {
    super(scope, id);
    this.function = new HoldfastFunction(this, 'Api', {
      parts,
      file: 'api',
      description: 'Holdfast: the HTTP API',
      timeout: Duration.seconds(30),
      environment: apiEnvironment(parts),
      permissions: apiPermissions(parts),
    }).function;
    this.functionUrl = this.function.addFunctionUrl({
      authType: FunctionUrlAuthType.AWS_IAM,
      invokeMode: InvokeMode.RESPONSE_STREAM,
    });
  }
}

/** What the API reads beside what all functions get. */
export function apiEnvironment({ props }: Parts): Record<string, string> {
  const { defaultTask, openRuns, requestRate } = props;
  const environment = {
    ...(defaultTask !== undefined && { [envNames.defaultTask]: defaultTask }),
    ...(openRuns !== undefined && { [settingVariable('openRuns')]: String(openRuns) }),
    ...(requestRate !== undefined && { [settingVariable('requestRate')]: String(requestRate) }),
  };
  // What the functions would refuse at their first request is refused before anything is deployed.
  readSettings(environment);
  return environment;
}

/** What the API does to table and queues, whoever stands before it. */
export const apiPermissions = (parts: Parts): readonly Permission[] => [
  onTable(parts, 'BatchGetItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'),
  queryIndex(parts),
  onQueues(parts, 'GetQueueAttributes', 'SendMessage'),
  // To show what lies there, and to send it back.
  onDeadLetters(parts, ...redriveActions),
  ...onPayloads(parts),
];

/** Of SQS, to move dead letters back to where they came from. */
export const redriveActions = [
  'DeleteMessage',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ReceiveMessage',
  'StartMessageMoveTask',
] as const;
