import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { settingVariable } from '../../lib/config/settings.ts';
import { HoldfastFunction } from './holdfast-function.ts';
import type { Parts } from './parts.ts';
import { onPayloads, onQueues, onTable, queryIndex } from './permissions.ts';

/** The shortest that EventBridge offers. */
const period = Duration.minutes(1);

/** functions/discover.ts, called by the clock. */
export class Discover extends Construct {
  readonly function: Lambda;

  constructor(scope: Construct, id: string, parts: Parts) {
    super(scope, id);
    this.function = new HoldfastFunction(this, 'Discover', {
      parts,
      file: 'discover',
      description: 'Holdfast: tends every run whose time has come',
      timeout: period,
      environment: { [settingVariable('discoveryPeriod')]: `${period.toSeconds()}s` },
      permissions: [
        queryIndex(parts),
        // Puts what one run hands to another, and what stands in the place of a child that must not be.
        onTable(parts, 'BatchGetItem', 'GetItem', 'PutItem', 'UpdateItem'),
        onQueues(parts, 'GetQueueAttributes', 'SendMessage'),
        ...onPayloads(parts),
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
