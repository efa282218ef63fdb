import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { compose } from '../compose/compose.ts';
import { isReadable } from '../ports/run-store.ts';
import { parseMessage } from '../sqs/message-body.ts';
import type { FunctionOptions } from './options.ts';

/**
 * The handler of the dead-letter queue. What lands there is a doorbell that was refused ten times: the run itself is
 * untouched and discovery rings again, so the message is only made visible, as one log line with the run's state, and
 * let go.
 */
export function createDeadLetter({
  env = process.env,
}: FunctionOptions = {}): (event: SQSEvent) => Promise<SQSBatchResponse> {
  const { logger, runs } = compose(env);
  const explain = async (body: string): Promise<Record<string, unknown>> => {
    const parsed = parseMessage(body);
    if (!parsed.ok) return { malformed: true };
    const { tenant, run, node, hash } = parsed.message;
    const found = await runs.get({ tenant, run });
    const state = found === undefined ? 'missing' : isReadable(found) ? found.phase : 'newer schema';
    return { tenant, run, node, hash, state };
  };
  return async (event) => {
    const batchItemFailures: { itemIdentifier: string }[] = [];
    for (const record of event.Records) {
      try {
        const receives = record.attributes.ApproximateReceiveCount;
        logger.error('message in the dead-letter queue', { receives, ...(await explain(record.body)) });
      } catch (error) {
        logger.error('dead-letter message not explained; it comes back', { error });
        batchItemFailures.push({ itemIdentifier: record.messageId });
      }
    }
    return { batchItemFailures };
  };
}
