import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DeliveryQueues } from '../config/delivery.ts';
import { HoldfastError } from '../model/errors.ts';
import type { ResultSender } from '../result-delivery/task.ts';

/**
 * The queues that results are delivered to. One whose URL ends in `.fifo` gets the delivery's id for its own
 * deduplication, and one message group for each.
 */
export const sqsResultQueues = (sqs: SQSClient, queues: DeliveryQueues): Pick<ResultSender, 'enqueue'> => ({
  enqueue: async (queue, { body, id, type }) => {
    const url = queues.get(queue);
    if (url === undefined)
      throw new HoldfastError('UnknownQueue', `Results cannot be delivered to a queue named ${queue}`);
    const attribute = (text: string) => ({ DataType: 'String', StringValue: text });
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: body,
        MessageAttributes: { id: attribute(id), type: attribute(type) },
        ...(url.endsWith('.fifo') && { MessageDeduplicationId: id, MessageGroupId: id }),
      }),
    );
  },
});
