import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { type Clock, sleep } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { readBatchResponse } from './batch-response.ts';
import { fired } from './fired.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { toSqsEvent } from './sqs-event.ts';
import type { LocalQueue } from './sqs-server.ts';

/** The longest that SQS holds a poll. */
const longPollSec = 20;
const pauseMsMax = 10_000;

export interface EventSourceOptions {
  readonly sqs: SQSClient;
  readonly queue: LocalQueue;
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
 * What Lambda's event source mapping does: receives batches, invokes the function with them, deletes what succeeded and
 * leaves what failed to the queue's visibility timeout. It receives only what it can hand on at once.
 */
export function startEventSource(options: EventSourceOptions): EventSource {
  const stopping = new AbortController();
  const slots = new Slots(options.concurrency);
  stopping.signal.addEventListener('abort', () => slots.wake(), { once: true });
  const polling = poll(options, stopping.signal, slots);
  return {
    async stop(signal) {
      stopping.abort();
      const ended = polling.then(() => Promise.all(slots.running));
      await (signal === undefined ? ended : Promise.race([ended, fired(signal)]));
    },
  };
}

/** The invocations under way, and whether there is room for another. */
class Slots {
  readonly running = new Set<Promise<void>>();
  readonly #limit: number;
  #wake: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves when there is room, or on `wake`. One caller at a time. */
  async free(): Promise<void> {
    if (this.running.size < this.#limit) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#wake?.();
  }

  take(work: Promise<void>): void {
    const ended = work.finally(() => {
      this.running.delete(ended);
      this.wake();
    });
    this.running.add(ended);
  }
}

async function poll(options: EventSourceOptions, signal: AbortSignal, slots: Slots): Promise<void> {
  const { queue, clock, logger } = options;
  let failures = 0;
  for (;;) {
    await slots.free();
    if (signal.aborted) return;
    try {
      const messages = await receive(options, signal);
      failures = 0;
      if (messages.length > 0) slots.take(handle(options, messages));
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      logger.warn('receiving failed', { queue: queue.url, failures, error });
      await sleep(clock, Math.min(100 * 2 ** failures, pauseMsMax), signal);
    }
  }
}

async function receive(
  { sqs, queue, batchSize }: EventSourceOptions,
  signal: AbortSignal,
): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: queue.url,
    MaxNumberOfMessages: batchSize,
    WaitTimeSeconds: longPollSec,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  // Aborted on stop: an open long poll would hold up the end for twenty seconds.
  const { Messages } = await sqs.send(command, { abortSignal: signal });
  return Messages ?? [];
}

/** Never rejects: whatever fails here, the messages come again. */
async function handle(options: EventSourceOptions, messages: readonly Message[]): Promise<void> {
  const { target, queue, logger } = options;
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

async function remove({ sqs, queue, logger }: EventSourceOptions, done: readonly Message[]): Promise<void> {
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
