import { Duration } from 'aws-cdk-lib';
import { type Alarm, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

interface AlarmsProps {
  readonly deadLetter: IFunction;
  readonly discover: IFunction;
  readonly queue: IQueue;
  /** Default: nobody is told. */
  readonly topicArn?: string | undefined;
}

const period = Duration.minutes(5);

/**
 * What needs a person. At $0.10 a month each they are a third of what an idle stack costs, so there are only these;
 * test/infra/idle-cost.test.ts does the sum.
 */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, { deadLetter, discover, queue, topicArn }: AlarmsProps) {
    super(scope, id);
    const shared = { evaluationPeriods: 1, treatMissingData: TreatMissingData.NOT_BREACHING };
    const alarms: Alarm[] = [
      // The function sees every dead letter, also those that it lets go: a queue's depth would miss them.
      deadLetter.metricInvocations({ period }).createAlarm(this, 'DeadLetters', {
        ...shared,
        threshold: 1,
        alarmDescription: 'A message was refused ten times. Its run is safe; the log says which one it is.',
      }),
      discover.metricErrors({ period }).createAlarm(this, 'DiscoveryFails', {
        ...shared,
        threshold: 3,
        alarmDescription:
          'Discovery failed three times in five minutes: timers, retries and repair stand still.',
      }),
      queue.metricApproximateAgeOfOldestMessage({ period }).createAlarm(this, 'QueueFallsBehind', {
        ...shared,
        evaluationPeriods: 3,
        threshold: Duration.minutes(15).toSeconds(),
        alarmDescription: 'Messages wait for a quarter of an hour: more tasks come than the executor takes.',
      }),
    ];
    if (topicArn === undefined) return;
    const action = new SnsAction(Topic.fromTopicArn(this, 'Topic', topicArn));
    for (const alarm of alarms) alarm.addAlarmAction(action);
  }
}
