import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { compose } from '../compose/compose.ts';
import { isReadable } from '../ports/run-store.ts';
import { parseMessage } from '../sqs/message-body.ts';
import type { FunctionOptions } from './options.ts';

/**
 * The handler of the dead-letter queue. What lands there is a doorbell that was refused ten times: the run itself is
 * untouched and discovery rings again, so the message is made visible as one log line with the run's state and let go.
 * What is no doorbell of ours stays in the queue, for people to look at.
 */
export function createDeadLetter({
  env = process.env,
}: FunctionOptions = {}): (event: SQSEvent) => Promise<SQSBatchResponse> {
  const { logger, metrics, runs } = compose(env);

  const explain = async ({ messageId, body, attributes }: SQSRecord): Promise<boolean> => {
    const receives = Number(attributes.ApproximateReceiveCount);
    const parsed = parseMessage(body);
    if (!parsed.ok) {
      logger.error('dead letter is not a dispatch message: it stays', {
        messageId,
        receives,
        bytes: body.length,
      });
      return false;
    }
    const { tenant, run, node, hash, hop } = parsed.message;
    const found = await runs.get({ tenant, run });
    const state = found === undefined ? 'missing' : isReadable(found) ? found.phase : 'unreadable';
    logger.error('dead letter', { messageId, receives, tenant, run, node, hash, hop, state });
    return true;
  };

  return async (event) => {
    metrics.publish({ DeadLetters: event.Records.length });
    const batchItemFailures: { itemIdentifier: string }[] = [];
    for (const record of event.Records) {
      const done = await explain(record).catch((error: unknown) => {
        logger.error('dead letter not explained: it comes back', { messageId: record.messageId, error });
        return false;
      });
      if (!done) batchItemFailures.push({ itemIdentifier: record.messageId });
    }
    return { batchItemFailures };
  };
}
