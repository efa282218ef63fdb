import { type App, Token, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import type { HoldfastStack } from './stack.ts';

/** The findings of cdk-nag that stand, each with why. Any other one fails the synthesis. */
export const acknowledged: readonly { readonly rule: string; readonly reason: string }[] = [
  {
    rule: 'AwsSolutions-IAM5[Resource::<PayloadsBucket1715615A.Arn>/*]',
    reason: 'Of the one bucket of payloads, all objects: each function reads what others have written.',
  },
  {
    rule: 'AwsSolutions-S1',
    reason:
      'A log of each access would need another bucket and cost more than the payloads; CloudTrail tells of them where it is asked to.',
  },
  {
    rule: 'Serverless-SQSRedrivePolicy',
    reason: 'Only of the dead-letter queue itself: there is nowhere further to go.',
  },
  {
    rule: 'Serverless-LambdaDLQ',
    reason:
      'It holds events of asynchronous calls. The only such call is the clock of discovery, whose next tick does all the work of one that failed.',
  },
  {
    rule: 'Serverless-LambdaEventSourceMappingDestination',
    reason: 'SQS mappings have none: what keeps failing goes to the dead-letter queue of its queue.',
  },
  {
    rule: 'Serverless-EventBusDLQ',
    reason: 'A tick that could not be delivered is not worth keeping: the next one does all of its work.',
  },
  {
    rule: 'Serverless-LambdaTracing',
    reason:
      'The X-Ray SDKs are in maintenance and cost a request a task; runs carry a W3C traceparent instead.',
  },
];

/** Has cdk-nag look at the stack at synthesis. */
export function checkWithNag(app: App, stack: HoldfastStack, except = acknowledged): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  for (const { rule, reason } of [...except, ...givenBucket(stack)]) {
    acknowledge(stack, rule, reason);
  }
  // There only: each other path asks for a token.
  const page = stack.holdfast.node.tryFindChild('JwtApi')?.node.tryFindChild('Page');
  if (page)
    acknowledge(
      page,
      'AwsSolutions-APIG4',
      'The files of the dashboard hold nothing: what they show, they ask for with a token.',
    );
}

const acknowledge = (scope: IConstruct, rule: string, reason: string): void =>
  Validations.of(scope).acknowledge({ id: `${rule.split('-')[0]}::${rule}`, reason });

/** The finding of the stack's own bucket, where it is one that was there before: it goes by its name then. */
function givenBucket({ holdfast }: HoldfastStack): typeof acknowledged {
  const name = holdfast.payloadBucket?.bucketName;
  if (name === undefined || Token.isUnresolved(name)) return [];
  const rule = `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::${name}/*]`;
  return [{ rule, reason: 'Of the one bucket of payloads, all objects.' }];
}
