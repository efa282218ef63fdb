import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type IQueue, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { LaneName } from '../../lib/config/lanes.ts';
import type { PoolProps } from '../props.ts';
import { lanesOf, visibilityOf } from '../rules.ts';

interface PoolQueuesProps {
  readonly pool: PoolProps;
  readonly key: IKey | undefined;
}

/** Receives before a message goes to the dead-letter queue: it is for the infrastructure, not for failing tasks. */
const maxReceiveCount = 10;

/** The queues of one pool, one for each lane, and where their messages go that nobody could handle. */
export class PoolQueues extends Construct {
  readonly deadLetterQueue: IQueue;
  readonly lanes: readonly { readonly name: LaneName; readonly queue: Queue }[];

  constructor(scope: Construct, id: string, { key, pool }: PoolQueuesProps) {
    super(scope, id);
    const guarded: QueueProps = {
      ...(key
        ? { encryption: QueueEncryption.KMS, encryptionMasterKey: key }
        : { encryption: QueueEncryption.SQS_MANAGED }),
      enforceSSL: true,
    };
    this.deadLetterQueue =
      pool.deadLetterQueue ??
      new Queue(this, 'DeadLetterQueue', {
        ...guarded,
        retentionPeriod: Duration.days(14),
        // What is no doorbell of ours stays in it, and is told of once an hour.
        visibilityTimeout: Duration.hours(1),
      });
    const deadLetterQueue = { queue: this.deadLetterQueue, maxReceiveCount };
    this.lanes = lanesOf(pool).map((name) => ({
      name,
      queue: new Queue(this, `Queue${laneId(name)}`, {
        ...guarded,
        retentionPeriod: Duration.days(4),
        // A task's own message follows its lease from the first renewal on.
        visibilityTimeout: visibilityOf(pool),
        deadLetterQueue,
      }),
    }));
  }

  lane(name: LaneName): Queue {
    const found = this.lanes.find((lane) => lane.name === name);
    if (found) return found.queue;
    throw new Error(`${this.node.path} has no lane ${name}`);
  }
}

/** For ids: the lane that each pool has goes without. */
export const laneId = (name: LaneName): string =>
  name === 'normal' ? '' : `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
