import { randomUUID } from 'node:crypto';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Endpoint } from './endpoints.ts';
import { clientConfig } from './test-table.ts';

export interface TestQueue {
  readonly url: string;
  /** Its requests can be tampered with by a middleware; `receive` and the rest use another client. */
  readonly sqs: SQSClient;
  receive(options?: { visibility?: number; most?: number }): Promise<Message[]>;
  /** Approximate, as SQS says. */
  counts(): Promise<{ waiting: number; hidden: number; delayed: number }>;
  close(): Promise<void>;
}

/** A queue of its own, whose messages stay hidden for an hour once received. */
export async function openQueue(endpoint: Endpoint): Promise<TestQueue> {
  // Queue URLs of emulators may name another host.
  const make = () =>
    new SQSClient({ ...clientConfig(endpoint), useQueueUrlAsEndpoint: false, maxAttempts: 1 });
  const [own, tested] = [make(), make()];
  const created = await own.send(
    new CreateQueueCommand({ QueueName: `test-${randomUUID()}`, Attributes: { VisibilityTimeout: '3600' } }),
  );
  const url = created.QueueUrl ?? '';
  return {
    url,
    sqs: tested,
    async receive({ visibility, most = 10 } = {}) {
      const { Messages = [] } = await own.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: most,
          WaitTimeSeconds: 0,
          ...(visibility === undefined ? {} : { VisibilityTimeout: visibility }),
        }),
      );
      return Messages;
    },
    async counts() {
      const { Attributes = {} } = await own.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
      );
      const count = (name: '' | 'NotVisible' | 'Delayed') =>
        Number(Attributes[`ApproximateNumberOfMessages${name}`]);
      return { waiting: count(''), hidden: count('NotVisible'), delayed: count('Delayed') };
    },
    async close() {
      await own.send(new DeleteQueueCommand({ QueueUrl: url }));
      own.destroy();
      tested.destroy();
    },
  };
}
