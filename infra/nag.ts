import { type App, type Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';

/** The findings of cdk-nag that stand, each with why. Any other one fails the synthesis. */
export const acknowledged: readonly { readonly rule: string; readonly reason: string }[] = [
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
export function checkWithNag(app: App, stack: Stack, except = acknowledged): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  for (const { rule, reason } of except) {
    Validations.of(stack).acknowledge({ id: `Serverless::${rule}`, reason });
  }
}
