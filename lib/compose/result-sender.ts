import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { checkRanges, type DeliveryQueues } from '../config/delivery.ts';
import type { Env } from '../config/env.ts';
import type { Settings } from '../config/settings.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { ResultSender } from '../result-delivery/task.ts';
import { webhookSecrets } from './webhook-secrets.ts';

interface ResultSenderOptions {
  readonly clock: Clock;
  readonly queues: DeliveryQueues;
  readonly settings: Settings;
  readonly sqs: SQSClient;
}

/**
 * Delivers results as the environment says. A queue whose URL ends in `.fifo` gets the delivery's id for its own
 * deduplication, and one message group for each.
 *
 * @throws HoldfastError `InvalidSetting`
 */
export function resultSender(env: Env, { clock, queues, settings, sqs }: ResultSenderOptions): ResultSender {
  const secretsNow = webhookSecrets(env, clock);
  checkRanges(settings.webhookAllow);
  return {
    post: async (request) => {
      const secrets = settings.webhooks === 'off' ? [] : await secretsNow();
      if (secrets.length === 0)
        throw new HoldfastError('WebhooksOff', 'This executor has no secrets to sign webhooks with');
      // Only whoever posts needs what it takes.
      const { post } = await import('../result-delivery/webhook.ts');
      return await post(request, { secrets, allow: settings.webhookAllow });
    },
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
  };
}
