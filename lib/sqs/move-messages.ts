import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Sec } from '../model/time.ts';

/** The most that one request carries. */
const batchMax = 10;
/** Long enough for what comes next with a batch; what it fails with is soon back. */
const hiddenSec: Sec = 30;

/**
 * Moves the messages that wait in one queue to another, as people would: sent first, then deleted, so that none is lost and
 * one may come twice. Resolves to how many were.
 *
 * @throws the SDK's errors, as they are
 */
export async function moveByHand(
  sqs: SQSClient,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<number> {
  for (let moved = 0; ; ) {
    const received = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: from,
        MaxNumberOfMessages: batchMax,
        MessageAttributeNames: ['All'],
        VisibilityTimeout: hiddenSec,
        WaitTimeSeconds: 0,
      }),
    );
    const { Messages: messages = [] } = received;
    if (messages.length === 0) return moved;
    const { Successful: sent = [] } = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: to,
        Entries: messages.map(({ Body, MessageAttributes }, index) => ({
          Id: String(index),
          MessageBody: Body,
          ...(MessageAttributes && { MessageAttributes }),
        })),
      }),
    );
    // Status 200 says nothing of the single messages.
    const gone = sent.flatMap(({ Id }) => messages[Number(Id)] ?? []);
    if (gone.length === 0) return moved;
    await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: from,
        Entries: gone.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      }),
    );
    moved += gone.length;
  }
}
