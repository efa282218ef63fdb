import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  paginateListQueues,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type Ms, toSec } from '../model/time.ts';
import { BucketRequests } from '../s3/bucket-requests.ts';
import { createBucket } from '../s3/create-bucket.ts';
import { inspectQueue } from '../sqs/inspect-queue.ts';
import { localCredentials, localRegion } from './credentials.ts';
import { createFauxqs } from './fauxqs-app.ts';
import { foreignHeader } from './own-machine.ts';
import { listen, loopback } from './ports.ts';

/** Receives before a message goes to the dead-letter queue: it is for the infrastructure, not for failing tasks. */
const receivesMax = 10;
/** How long the dead-letter queue keeps what nobody could handle: the longest that SQS allows. */
const deadLetterRetentionSec = 14 * 86_400;
const visibilitySecMax = 43_200;

export interface SqsServerOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Keeps queues, messages and objects in this directory. In memory without it. */
  readonly directory?: string;
}

export interface LocalQueue {
  readonly url: string;
  readonly arn: string;
}

export interface QueuePairOptions {
  readonly name: string;
  /** Several queues may have the same. Default: `<name>-dead-letter`. */
  readonly deadLetterName?: string;
  /** Of the function that consumes it: its messages stay hidden six times as long, as AWS advises. */
  readonly functionTimeoutMs: Ms;
  readonly receivesMax?: number;
}

export interface SqsServer {
  readonly url: string;
  /** Creates a queue and its dead-letter queue, or brings those that exist up to date. */
  createQueues(options: QueuePairOptions): Promise<{ queue: LocalQueue; deadLetterQueue: LocalQueue }>;
  /** Creates a queue that others receive from, with the defaults of SQS. */
  createPlainQueue(name: string): Promise<LocalQueue>;
  /** All queues whose names begin so, each with how many messages are in it, hidden ones included. */
  queuesBeginningWith(prefix: string): Promise<readonly { name: string; messages: number }[]>;
  /** Creates a bucket, unless it is there; S3 is at the same address. */
  createBucket(name: string): Promise<void>;
  /** Ends the server; long polls are answered at once. */
  close(): Promise<void>;
}

/**
 * Starts an SQS and an S3 in this process, on one loopback address.
 *
 * @throws HoldfastError `PortInUse`
 */
export async function startSqs(options: SqsServerOptions = {}): Promise<SqsServer> {
  const app = await createFauxqs(options.directory);
  app.addHook('onRequest', async ({ headers }, reply) => {
    if (foreignHeader(headers)) await reply.code(403).send();
  });
  let url: string;
  try {
    await app.ready();
    url = `http://${loopback}:${await listen(app.server, options.port ?? 0, 'SQS')}`;
  } catch (error) {
    await app.close();
    throw error;
  }
  return {
    url,
    createQueues: (pair) => createQueues(url, pair),
    createPlainQueue: (name) => withClient(url, (sqs) => createQueue(sqs, url, name, {})),
    queuesBeginningWith: (prefix) => withClient(url, (sqs) => queuesBeginningWith(sqs, url, prefix)),
    createBucket: (name) =>
      withClient(url, ({ config }) => createBucket(new BucketRequests({ config, endpoint: url }, name))),
    async close() {
      app.server.closeAllConnections();
      await app.close();
      if (app.server.listening) await new Promise((resolve) => app.server.close(resolve));
    },
  };
}

async function createQueues(
  endpoint: string,
  pair: QueuePairOptions,
): Promise<{ queue: LocalQueue; deadLetterQueue: LocalQueue }> {
  return await withClient(endpoint, async (sqs) => {
    const visibility = Math.min(toSec(6 * pair.functionTimeoutMs), visibilitySecMax);
    const deadLetterQueue = await createQueue(
      sqs,
      endpoint,
      pair.deadLetterName ?? `${pair.name}-dead-letter`,
      {
        VisibilityTimeout: String(visibility),
        MessageRetentionPeriod: String(deadLetterRetentionSec),
      },
    );
    const queue = await createQueue(sqs, endpoint, pair.name, {
      VisibilityTimeout: String(visibility),
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: deadLetterQueue.arn,
        maxReceiveCount: pair.receivesMax ?? receivesMax,
      }),
    });
    return { queue, deadLetterQueue };
  });
}

async function withClient<T>(endpoint: string, use: (sqs: SQSClient) => Promise<T>): Promise<T> {
  const sqs = new SQSClient({ endpoint, region: localRegion, credentials: localCredentials });
  try {
    return await use(sqs);
  } finally {
    sqs.destroy();
  }
}

async function queuesBeginningWith(sqs: SQSClient, endpoint: string, QueueNamePrefix: string) {
  const found: { name: string; messages: number }[] = [];
  for await (const { QueueUrls = [] } of paginateListQueues({ client: sqs }, { QueueNamePrefix })) {
    for (const each of QueueUrls) {
      const path = new URL(each, endpoint).pathname;
      const { delayed, inFlight, waiting } = await inspectQueue(sqs, new URL(path, endpoint).href);
      found.push({ name: path.slice(path.lastIndexOf('/') + 1), messages: delayed + inFlight + waiting });
    }
  }
  return found;
}

async function createQueue(
  sqs: SQSClient,
  endpoint: string,
  name: string,
  attributes: Record<string, string>,
): Promise<LocalQueue> {
  const created = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  // Its own answer may name a host that does not resolve, or the port of an earlier start: only the path counts.
  const path = new URL(created.QueueUrl ?? '', endpoint).pathname;
  const url = new URL(path, endpoint).href;
  // Apart from the creation, which refuses a kept queue whose attributes differ.
  if (Object.keys(attributes).length > 0)
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributes }));
  const known = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  );
  return { url, arn: known.Attributes?.QueueArn ?? '' };
}
