import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Sec } from '../model/time.ts';

/** A queue as it is, whoever made it. */
export interface QueueFacts {
  readonly arn: string;
  readonly visibility: Sec;
  /** How long every message is kept back. */
  readonly delay: Sec;
  /** Roughly how many messages wait. */
  readonly waiting: number;
  /** Roughly how many are received and not deleted yet. */
  readonly inFlight: number;
  /** Roughly how many were sent with a delay that is not over. */
  readonly delayed: number;
  readonly isFifo: boolean;
  /** Where a message goes after so many receives. */
  readonly deadLetters: { readonly arn: string; readonly receivesMax: number } | undefined;
}

/** @throws the SDK's errors, as they are */
export async function inspectQueue(sqs: SQSClient, url: string): Promise<QueueFacts> {
  const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
  const { Attributes: facts = {} } = await sqs.send(command);
  return {
    arn: facts.QueueArn ?? '',
    visibility: Number(facts.VisibilityTimeout),
    delay: Number(facts.DelaySeconds ?? 0),
    waiting: Number(facts.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(facts.ApproximateNumberOfMessagesNotVisible ?? 0),
    delayed: Number(facts.ApproximateNumberOfMessagesDelayed ?? 0),
    isFifo: facts.FifoQueue === 'true',
    deadLetters: facts.RedrivePolicy ? deadLettersOf(facts.RedrivePolicy) : undefined,
  };
}

/** The URL of the queue of an ARN. @throws the SDK's errors, as they are */
export async function queueUrlByArn(sqs: SQSClient, arn: string): Promise<string> {
  const [account, name] = arn.split(':').slice(-2);
  const command = new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account });
  return (await sqs.send(command)).QueueUrl ?? '';
}

function deadLettersOf(policy: string): QueueFacts['deadLetters'] {
  const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(policy) as Record<string, unknown>;
  return { arn: String(deadLetterTargetArn), receivesMax: Number(maxReceiveCount) };
}
