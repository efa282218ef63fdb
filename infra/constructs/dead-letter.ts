import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import { BundledFunction } from './bundled-function.ts';
import type { StackParts } from './stack-parts.ts';

/** functions/dead-letter.ts, fed by the dead-letter queue. */
export class DeadLetter extends Construct {
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, parts: StackParts) {
    super(scope, id);
    const { deadLetterQueue } = parts.doorbells;
    this.function = new BundledFunction(this, 'DeadLetter', {
      parts,
      file: 'dead-letter',
      description: 'Holdfast: tells of messages that were refused ten times',
      timeout: Duration.minutes(1),
      permissions: [
        { actions: ['dynamodb:GetItem'], resources: [parts.runTable.table.tableArn] },
        {
          actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
          resources: [deadLetterQueue.queueArn],
        },
      ],
    }).function;
    new EventSourceMapping(this, 'Mapping', {
      target: this.function,
      eventSourceArn: deadLetterQueue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
    });
  }
}
