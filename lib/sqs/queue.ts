import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import pMap from 'p-map';
import { laneUrl, laneUrls, type Pools } from '../config/pools.ts';
import { noTenant } from '../model/ids.ts';
import type { Dispatch } from '../model/message.ts';
import { type Sec, toSec } from '../model/time.ts';
import type { Logger } from '../ports/logger.ts';
import type { Queue, Receipt } from '../ports/queue.ts';
import { messageBatches } from './batches.ts';
import { messageBody } from './message-body.ts';
import { unreachable } from './unreachable.ts';

// Limits of SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
const delaySecMax: Sec = 900;
const visibilitySecMax: Sec = 43_200;
/** Batches under way at once. */
const batchesAtOnce = 8;

/** A dispatch and the queue that it goes to. */
interface Addressed {
  readonly dispatch: Dispatch;
  readonly queueUrl: string;
}

export interface SqsQueueOptions {
  /** Told why something could not be sent or extended; the port itself only tells that. */
  readonly logger?: Logger;
  /** Whether messages name their tenants. Default: they do. */
  readonly isFair?: boolean;
}

/** The pools' queues in SQS. */
export class SqsQueue implements Queue {
  readonly #sqs: SQSClient;
  readonly #pools: Pools;
  readonly #logger: Logger | undefined;
  readonly #isFair: boolean;

  constructor(sqs: SQSClient, pools: Pools, { isFair = true, logger }: SqsQueueOptions = {}) {
    this.#sqs = sqs;
    this.#pools = pools;
    this.#logger = logger;
    this.#isFair = isFair;
  }

  /** A batch whose response was lost counts as unsent: ringing twice does no harm. */
  async send(dispatches: readonly Dispatch[]): Promise<readonly Dispatch[]> {
    const homeless: Dispatch[] = [];
    const addressed: Addressed[] = [];
    for (const dispatch of dispatches) {
      const queueUrl = this.#urlOf(dispatch);
      if (queueUrl === undefined) homeless.push(dispatch);
      else addressed.push({ dispatch, queueUrl });
    }
    const batches = messageBatches(addressed, ({ queueUrl }) => queueUrl);
    const unsent = await pMap(
      batches,
      ({ items, queueUrl }) =>
        this.#sendBatch(
          queueUrl,
          items.map(({ dispatch }) => dispatch),
        ),
      { concurrency: batchesAtOnce },
    );
    return [...homeless, ...unsent.flat()];
  }

  async extend({ queueUrl, handle }: Receipt, visibility: Sec): Promise<boolean> {
    const VisibilityTimeout = Math.min(visibilitySecMax, Math.max(0, Math.ceil(visibility)));
    try {
      await this.#sqs.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle: handle, VisibilityTimeout }),
      );
      return true;
    } catch (error) {
      // Expired, deleted, 12 hours over or out of reach: in any case the lease decides, not the message.
      this.#logger?.warn('visibility not changed', { queueUrl, error });
      return false;
    }
  }

  /** @throws HoldfastError `QueueUnreachable`, `InvalidSetting` for an unknown pool */
  async depth(pool: string): Promise<number> {
    const depths = await Promise.all(laneUrls(this.#pools, pool).map((url) => this.#waiting(url)));
    return depths.reduce((sum, depth) => sum + depth, 0);
  }

  /** A run's pool may be gone from the configuration; that must not keep the other messages back. */
  #urlOf({ aged, pool, priority }: Dispatch): string | undefined {
    try {
      return laneUrl(this.#pools, pool, priority, aged);
    } catch (error) {
      this.#logger?.warn('no queue for a dispatch', { pool, error });
      return undefined;
    }
  }

  async #sendBatch(queueUrl: string, dispatches: readonly Dispatch[]): Promise<readonly Dispatch[]> {
    const Entries = dispatches.map((dispatch, index) => toEntry(dispatch, index, this.#isFair));
    try {
      const { Successful } = await this.#sqs.send(
        new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }),
      );
      // Status 200 says nothing of the single messages. What is not named as sent was not sent.
      const sent = new Set(Successful?.map((entry) => entry.Id));
      const unsent = dispatches.filter((_, index) => !sent.has(String(index)));
      if (unsent.length > 0) this.#logger?.warn('messages not sent', { queueUrl, count: unsent.length });
      return unsent;
    } catch (error) {
      this.#logger?.warn('messages not sent', { queueUrl, count: dispatches.length, error });
      return dispatches;
    }
  }

  async #waiting(queueUrl: string): Promise<number> {
    try {
      const { Attributes } = await this.#sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: queueUrl,
          AttributeNames: ['ApproximateNumberOfMessages'],
        }),
      );
      return Number(Attributes?.ApproximateNumberOfMessages ?? 0);
    } catch (cause) {
      throw unreachable(queueUrl, cause);
    }
  }
}

/**
 * Ids only have to differ within the batch. By a message group a standard queue is a fair one: of a tenant with many
 * messages the others wait no longer. Without one, each message counts as a tenant of its own.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
function toEntry(
  { message, delayMs }: Dispatch,
  index: number,
  isFair: boolean,
): SendMessageBatchRequestEntry {
  const delay = Math.min(delaySecMax, Math.max(0, toSec(delayMs)));
  return {
    Id: String(index),
    MessageBody: messageBody(message),
    ...(delay > 0 ? { DelaySeconds: delay } : {}),
    ...(isFair && message.tenant !== noTenant ? { MessageGroupId: message.tenant } : {}),
  };
}
