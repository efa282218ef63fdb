import { expect, it } from 'vitest';
import { synthesize } from './synthesize.ts';

interface Statement {
  readonly Action: string | string[];
  readonly Effect: string;
  readonly Resource: unknown;
}

const { ofType, idOf, resources } = synthesize();
const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const table = arn(idOf('AWS::DynamoDB::Table', 'Runs'));
const index = { 'Fn::Join': ['', [table, '/index/byState']] };
const queue = arn(idOf('AWS::SQS::Queue', 'DoorbellsQueue'));
const bucket = arn(idOf('AWS::S3::Bucket', 'Payloads'));
const deadLetterQueue = arn(idOf('AWS::SQS::Queue', 'DoorbellsDeadLetterQueue'));

function statementsOf(prefix: string): Statement[] {
  const role = resources[idOf('AWS::IAM::Role', prefix)]?.Properties as unknown as {
    Policies: { PolicyDocument: { Statement: Statement[] } }[];
    ManagedPolicyArns?: unknown;
  };
  expect(role.ManagedPolicyArns).toBeUndefined();
  return role.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

const log = (prefix: string) => ({
  Effect: 'Allow',
  Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  Resource: arn(idOf('AWS::Logs::LogGroup', prefix)),
});
const allow = (Action: string | string[], Resource: unknown) => ({ Effect: 'Allow', Action, Resource });
const objects = { 'Fn::Join': ['', [bucket, '/*']] };
const payloads = [allow(['s3:GetObject', 's3:PutObject'], objects), allow('s3:ListBucket', bucket)];
/** Of those that wait for a limit, which are no runs. */
const waiters = {
  ...allow(['dynamodb:DeleteItem', 'dynamodb:Query'], table),
  Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['SLOTS#*'] } },
};

it.each([
  [
    'Executor',
    [
      allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], table),
      waiters,
      allow(
        [
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ReceiveMessage',
          'sqs:SendMessage',
        ],
        queue,
      ),
      ...payloads,
    ],
  ],
  [
    'Discovery',
    [
      allow('dynamodb:Query', index),
      allow(['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], table),
      allow(['sqs:GetQueueAttributes', 'sqs:SendMessage'], queue),
      ...payloads,
    ],
  ],
  [
    'DeadLetters',
    [
      allow('dynamodb:GetItem', table),
      allow(['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'], deadLetterQueue),
    ],
  ],
  [
    'Api',
    [
      allow(
        [
          'dynamodb:BatchGetItem',
          'dynamodb:GetItem',
          'dynamodb:PutItem',
          'dynamodb:Query',
          'dynamodb:UpdateItem',
        ],
        table,
      ),
      allow('dynamodb:Query', index),
      allow(['sqs:GetQueueAttributes', 'sqs:SendMessage'], queue),
      allow(
        [
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:GetQueueUrl',
          'sqs:ReceiveMessage',
          'sqs:StartMessageMoveTask',
        ],
        deadLetterQueue,
      ),
      ...payloads,
    ],
  ],
])('%s may do exactly this', (prefix, expected) => {
  expect(statementsOf(prefix)).toEqual([...expected, log(prefix)]);
});

it('no role has policies elsewhere, and none of them a wildcard, a scan or a deletion', () => {
  expect(ofType('AWS::IAM::Policy')).toEqual([]);
  expect(ofType('AWS::IAM::ManagedPolicy')).toEqual([]);
  const all = ['Executor', 'Discovery', 'DeadLetters', 'Api'].flatMap(statementsOf);
  expect(ofType('AWS::IAM::Role')).toHaveLength(4);
  for (const { Action } of all) expect(JSON.stringify(Action)).not.toContain('*');
  // All objects of the one bucket, and nothing else.
  const wild = all.filter(({ Resource }) => JSON.stringify(Resource).includes('*'));
  expect(wild).toEqual(Array(3).fill(payloads[0]));
  const others = JSON.stringify(all.filter((each) => !('Condition' in each)));
  expect(others).not.toMatch(/dynamodb:(Scan|DeleteItem|BatchWriteItem|DeleteTable)|s3:Delete/);
});
