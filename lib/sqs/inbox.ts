import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import pMap from 'p-map';
import { laneUrls, type Pools } from '../config/pools.ts';
import type { HoldfastError } from '../model/errors.ts';
import type { Ms, Sec } from '../model/time.ts';
import { type Inbox, type Received, receivedMax } from '../ports/inbox.ts';
import type { Logger } from '../ports/logger.ts';
import type { Receipt } from '../ports/queue.ts';
import { messageBatches } from './batches.ts';
import { parseMessage } from './message-body.ts';
import { unreachable } from './unreachable.ts';

/** The longest that SQS holds a poll. */
const longPollSec: Sec = 20;
/** Batches under way at once. */
const batchesAtOnce = 8;

/** A pool's queues in SQS, from where a worker receives. */
export class SqsInbox implements Inbox {
  readonly #sqs: SQSClient;
  readonly #pools: Pools;
  readonly #logger: Logger;
  /** With several lanes: what comes to one waits no longer for the poll of another. SQS knows whole seconds only. */
  readonly #shortPollSec: Sec;

  /**
   * @param sqs whose requests may take as long as a long poll, and which makes no further tries of its own
   * @param intervalMs how often several lanes are looked into, if they are empty
   */
  constructor(sqs: SQSClient, pools: Pools, logger: Logger, intervalMs: Ms) {
    this.#sqs = sqs;
    this.#pools = pools;
    this.#logger = logger;
    this.#shortPollSec = Math.min(Math.floor(intervalMs / 1_000), longPollSec);
  }

  /** The lanes in turn, the most urgent first; the last of them is waited for if there is nothing else. */
  async receive(pool: string, most: number, signal: AbortSignal): Promise<readonly Received[]> {
    const urls = laneUrls(this.#pools, pool);
    const room = Math.min(most, receivedMax);
    const received: Received[] = [];
    let failure: HoldfastError | undefined;
    for (const [index, url] of urls.entries()) {
      if (signal.aborted || received.length >= room) break;
      const isWaitedFor = index === urls.length - 1 && received.length === 0;
      const wait = !isWaitedFor ? 0 : urls.length === 1 ? longPollSec : this.#shortPollSec;
      try {
        received.push(...(await this.#poll(url, room - received.length, wait, signal)));
      } catch (error) {
        if (signal.aborted) break;
        // The other lanes do not wait until this one can be reached again.
        failure = unreachable(url, error);
        this.#logger.warn('a queue gave no answer', { queueUrl: url, error });
      }
    }
    if (failure && received.length === 0) throw failure;
    return received;
  }

  async remove(receipts: readonly Receipt[]): Promise<readonly Receipt[]> {
    const batches = messageBatches(receipts, ({ queueUrl }) => queueUrl);
    const left = await pMap(batches, ({ items, queueUrl }) => this.#delete(queueUrl, items), {
      concurrency: batchesAtOnce,
    });
    return left.flat();
  }

  async #poll(queueUrl: string, most: number, wait: Sec, signal: AbortSignal): Promise<Received[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: most,
      WaitTimeSeconds: wait,
    });
    const { Messages = [] } = await this.#sqs.send(command, { abortSignal: signal });
    return Messages.map((message) => toReceived(message, queueUrl, Messages.length));
  }

  async #delete(queueUrl: string, receipts: readonly Receipt[]): Promise<readonly Receipt[]> {
    const Entries = receipts.map(({ handle }, index) => ({ Id: String(index), ReceiptHandle: handle }));
    try {
      const { Successful } = await this.#sqs.send(
        new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }),
      );
      // Status 200 says nothing of the single messages.
      const deleted = new Set(Successful?.map(({ Id }) => Id));
      const left = receipts.filter((_, index) => !deleted.has(String(index)));
      if (left.length > 0)
        this.#logger.warn('messages not deleted: they come again', { queueUrl, count: left.length });
      return left;
    } catch (error) {
      this.#logger.warn('messages not deleted: they come again', {
        queueUrl,
        count: receipts.length,
        error,
      });
      return receipts;
    }
  }
}

function toReceived(
  { Body = '', MessageId = '', ReceiptHandle = '' }: Message,
  queueUrl: string,
  together: number,
): Received {
  const parsed = parseMessage(Body);
  return {
    id: MessageId,
    receipt: { queueUrl, handle: ReceiptHandle },
    together,
    ...(parsed.ok && { message: parsed.message }),
  };
}
