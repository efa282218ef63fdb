import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

interface DoorbellQueueProps {
  /** Of the function that consumes it. */
  readonly consumerTimeout: Duration;
}

/** Receives before a message goes to the dead-letter queue: it is for the infrastructure, not for failing tasks. */
const maxReceiveCount = 10;
const visibilityMax = Duration.hours(12);

/** The queue of one pool, and where its messages go that nobody could handle. */
export class DoorbellQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, { consumerTimeout }: DoorbellQueueProps) {
    super(scope, id);
    this.deadLetterQueue = new Queue(this, 'DeadLetterQueue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      // What is no doorbell of ours stays in it, and is told of once an hour.
      visibilityTimeout: Duration.hours(1),
    });
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(4),
      visibilityTimeout: visibilityFor(consumerTimeout),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount },
    });
  }
}

/**
 * Six times the function's timeout, as AWS advises for SQS mappings: a message whose batch is throttled for a while
 * must not come twice. A task's own message follows its lease from the first renewal on.
 */
function visibilityFor(timeout: Duration): Duration {
  return Duration.seconds(Math.min(6 * timeout.toSeconds(), visibilityMax.toSeconds()));
}
