import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { redriveActions } from './api.ts';
import type { Parts } from './parts.ts';
import {
  keyUse,
  onDeadLetters,
  onPayloads,
  onQueues,
  onTable,
  type Permission,
  queryIndex,
} from './permissions.ts';

/** What a direct client does to look at runs and queues. */
export const readPermissions = (parts: Parts): readonly Permission[] => [
  onTable(parts, 'BatchGetItem', 'GetItem', 'Query'),
  queryIndex(parts),
  onQueues(parts, 'GetQueueAttributes'),
  onDeadLetters(parts, 'GetQueueAttributes', 'GetQueueUrl'),
  ...onPayloads(parts, 'GetObject'),
  ...keyUse(parts, 'read'),
];

/** What a direct client does to submit: it reads and changes the runs that a new one depends on, too. */
export const submitPermissions = (parts: Parts): readonly Permission[] => [
  onTable(parts, 'BatchGetItem', 'ConditionCheckItem', 'GetItem', 'PutItem', 'UpdateItem'),
  onQueues(parts, 'SendMessage'),
  ...onPayloads(parts),
  ...keyUse(parts),
];

/** What `holdfast doctor` looks at beside that. */
const doctorPermissions = (parts: Parts): readonly Permission[] => [
  onTable(parts, 'DescribeTable', 'DescribeTimeToLive'),
  ...(parts.bucket
    ? [
        {
          actions: ['s3:GetBucketPolicyStatus', 's3:GetLifecycleConfiguration'],
          resources: [parts.bucket.bucketArn],
        },
      ]
    : []),
];

/** What a direct client does to steer runs and to send dead letters back. */
export const operatePermissions = (parts: Parts): readonly Permission[] => [
  ...doctorPermissions(parts),
  ...readPermissions(parts),
  ...submitPermissions(parts),
  onDeadLetters(parts, ...redriveActions),
];

export function grant(grantee: IGrantable, permissions: readonly Permission[]): Grant {
  return permissions
    .map(({ actions, resources }) =>
      Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [...resources] }),
    )
    .reduce((all, each) => all.combine(each));
}

/** A function URL asks for both. */
export const grantUrl = (grantee: IGrantable, api: IFunction): Grant =>
  grant(grantee, [
    { actions: ['lambda:InvokeFunction', 'lambda:InvokeFunctionUrl'], resources: [api.functionArn] },
  ]);
