import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Ms, Sec } from '../model/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { startPolling } from '../worker/poll.ts';
import { readBatchResponse } from './batch-response.ts';
import { fired } from './fired.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { toSqsEvent } from './sqs-event.ts';
import type { LocalQueue } from './sqs-server.ts';

/** The longest that SQS holds a poll. */
const longPollSec: Sec = 20;
const pollIntervalMs: Ms = 200;

/** What one event is made of. */
interface Batch {
  readonly queue: LocalQueue;
  readonly messages: readonly Message[];
}

export interface EventSourceOptions {
  readonly sqs: SQSClient;
  /** One, or several that are looked into in this order, each batch being of one of them. */
  readonly queues: readonly LocalQueue[];
  readonly target: Pick<LambdaFunction, 'name' | 'invoke'>;
  /** Messages an event at most, 1 to 10. */
  readonly batchSize: number;
  /** Invocations at a time at most. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A running mapping. */
export interface EventSource {
  /** Receives no more. Resolves when the invocations under way have ended, or the signal fires. */
  stop(signal?: AbortSignal): Promise<void>;
}

/**
 * What Lambda's event source mapping does, for one queue or for several that share their executors: receives batches, invokes the function with them, deletes what succeeded and
 * leaves what failed to the queue's visibility timeout. It receives only what it can hand on at once.
 */
export function startEventSource(options: EventSourceOptions): EventSource {
  const { clock, concurrency, logger, queues } = options;
  const polling = startPolling<Batch>({
    room: concurrency,
    receive: async (_most, signal) => {
      const batch = await firstBatch(options, signal);
      return batch ? [batch] : [];
    },
    work: (batch) => handle(options, batch),
    intervalMs: pollIntervalMs,
    onFailure: (error, failures) =>
      logger.warn('receiving failed', { queues: queues.map(({ url }) => url), failures, error }),
    clock,
  });
  return {
    async stop(signal) {
      polling.stop();
      const ended = polling.idle();
      await (signal === undefined ? ended : Promise.race([ended, fired(signal)]));
    },
  };
}

/** One queue is waited for; of several none is, because what comes to another would wait as long. */
async function firstBatch(options: EventSourceOptions, signal: AbortSignal): Promise<Batch | undefined> {
  const waitSec = options.queues.length === 1 ? longPollSec : 0;
  for (const queue of options.queues) {
    if (signal.aborted) return undefined;
    const messages = await receive(options, queue, waitSec, signal);
    if (messages.length > 0) return { queue, messages };
  }
  return undefined;
}

async function receive(
  { sqs, batchSize }: EventSourceOptions,
  queue: LocalQueue,
  waitSec: Sec,
  signal: AbortSignal,
): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: queue.url,
    MaxNumberOfMessages: batchSize,
    WaitTimeSeconds: waitSec,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  // Aborted on stop: an open long poll would hold up the end for twenty seconds.
  const { Messages } = await sqs.send(command, { abortSignal: signal });
  return Messages ?? [];
}

/** Never rejects: whatever fails here, the messages come again. */
async function handle(options: EventSourceOptions, { messages, queue }: Batch): Promise<void> {
  const { target, logger } = options;
  const ids = messages.map((message) => message.MessageId ?? '');
  try {
    const response = await target.invoke(toSqsEvent(messages, queue.arn));
    const outcome = readBatchResponse(response, ids);
    if (outcome.malformed !== undefined) {
      logger.error('the function answered with a malformed batch response', {
        function: target.name,
        reason: outcome.malformed,
      });
    }
    await remove(
      options,
      queue,
      messages.filter((message) => outcome.done.includes(message.MessageId ?? '')),
    );
  } catch (error) {
    logger.error('the invocation failed; its messages come again', {
      function: target.name,
      messages: ids.length,
      error,
    });
  }
}

async function remove(
  { sqs, logger }: EventSourceOptions,
  queue: LocalQueue,
  done: readonly Message[],
): Promise<void> {
  if (done.length === 0) return;
  try {
    const { Failed = [] } = await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queue.url,
        Entries: done.map((message, index) => ({ Id: String(index), ReceiptHandle: message.ReceiptHandle })),
      }),
    );
    if (Failed.length > 0)
      logger.warn('messages were not deleted and come again', { messages: Failed.length });
  } catch (error) {
    logger.warn('messages were not deleted and come again', { messages: done.length, error });
  }
}
