import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import { envNames } from '../../lib/config/env.ts';
import { defaultPool } from '../../lib/config/pools.ts';
import { BundledFunction } from './bundled-function.ts';
import type { StackParts } from './stack-parts.ts';

/** As long as Lambda allows: a task longer than this hands itself over at a checkpoint. */
export const executorTimeoutDefault = Duration.minutes(15);

/** functions/execute.ts, fed by the queue in batches, of which single messages may come back. */
export class Execute extends Construct {
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, parts: StackParts) {
    super(scope, id);
    const { doorbells, options, runTable } = parts;
    const { queue } = doorbells;
    const { deliveryQueues = {}, webhookSecretArn } = options;
    const resultQueues = Object.values(deliveryQueues);
    this.function = new BundledFunction(this, 'Execute', {
      parts,
      file: 'execute',
      description: 'Holdfast: claims, runs and commits the tasks that messages name',
      timeout: options.executorTimeout ?? executorTimeoutDefault,
      environment: {
        [envNames.pool]: defaultPool,
        ...(webhookSecretArn !== undefined && { [envNames.webhookSecretArn]: webhookSecretArn }),
      },
      // Retries and hand-overs ring the queue that fed this invocation; the hop limit bounds them.
      recursiveLoop: RecursiveLoop.ALLOW,
      permissions: [
        {
          actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
          resources: [runTable.table.tableArn],
        },
        {
          actions: [
            'sqs:ChangeMessageVisibility',
            'sqs:DeleteMessage',
            'sqs:GetQueueAttributes',
            'sqs:ReceiveMessage',
            'sqs:SendMessage',
          ],
          resources: [queue.queueArn],
        },
        ...(resultQueues.length > 0 ? [{ actions: ['sqs:SendMessage'], resources: resultQueues }] : []),
        ...(webhookSecretArn === undefined
          ? []
          : [{ actions: ['secretsmanager:GetSecretValue'], resources: [webhookSecretArn] }]),
      ],
    }).function;
    new EventSourceMapping(this, 'Mapping', {
      target: this.function,
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      ...(options.maxConcurrency !== undefined && { maxConcurrency: options.maxConcurrency }),
    });
  }
}
