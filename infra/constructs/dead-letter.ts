import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { defaultPool } from '../../lib/config/pools.ts';
import { HoldfastFunction } from './holdfast-function.ts';
import type { Parts } from './parts.ts';
import { onDeadLetters, onTable } from './permissions.ts';

/** functions/dead-letter.ts, fed by the dead-letter queue of each pool. */
export class DeadLetter extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, parts: Parts) {
    super(scope, id);
    this.function = new HoldfastFunction(this, 'DeadLetter', {
      parts,
      file: 'dead-letter',
      description: 'Holdfast: tells of messages that were refused ten times',
      timeout: Duration.minutes(1),
      permissions: [
        onTable(parts, 'GetItem'),
        onDeadLetters(parts, 'DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'),
      ],
    }).function;
    const mapped = new Set<string>();
    for (const [name, { queues }] of Object.entries(parts.pools)) {
      // Pools may share one, and Lambda maps a queue to a function once.
      if (mapped.has(queues.deadLetterQueue.queueArn)) continue;
      mapped.add(queues.deadLetterQueue.queueArn);
      new EventSourceMapping(this, name === defaultPool ? 'Mapping' : `Mapping-${name}`, {
        target: this.function,
        eventSourceArn: queues.deadLetterQueue.queueArn,
        batchSize: 10,
        reportBatchItemFailures: true,
      });
    }
  }
}
