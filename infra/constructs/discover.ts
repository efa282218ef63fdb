import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import { settingVariable } from '../../lib/config/settings.ts';
import { BundledFunction } from './bundled-function.ts';
import type { StackParts } from './stack-parts.ts';

/** The shortest that EventBridge offers. */
const period = Duration.minutes(1);

/** functions/discover.ts, called by the clock. */
export class Discover extends Construct {
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, parts: StackParts) {
    super(scope, id);
    const { doorbells, runTable } = parts;
    this.function = new BundledFunction(this, 'Discover', {
      parts,
      file: 'discover',
      description: 'Holdfast: tends every run whose time has come',
      timeout: period,
      environment: { [settingVariable('discoveryPeriod')]: `${period.toSeconds()}s` },
      permissions: [
        { actions: ['dynamodb:Query'], resources: [runTable.indexArn] },
        {
          // Puts what one run hands to another, and what stands in the place of a child that must not be.
          actions: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
          resources: [runTable.table.tableArn],
        },
        {
          actions: ['sqs:GetQueueAttributes', 'sqs:SendMessage'],
          resources: [doorbells.queue.queueArn],
        },
      ],
    }).function;
    new Rule(this, 'Schedule', {
      description: 'Holdfast: the tick of discovery',
      schedule: Schedule.rate(period),
      // A tick that failed is not worth repeating: the next one does all of its work.
      targets: [new LambdaFunction(this.function, { retryAttempts: 0 })],
    });
  }
}
