import { type BuildAppOptions, buildApp } from 'fauxqs';

type Stores = NonNullable<BuildAppOptions['stores']>;
type SqsStore = Stores['sqsStore'];
type Persistence = NonNullable<SqsStore['persistence']>;
type App = ReturnType<typeof buildApp>;

/**
 * fauxqs as an application that has yet to listen. Its own `startFauxqs` listens on all interfaces, whatever host it
 * is given; hence this composition of its parts.
 *
 * @param directory keeps queues, messages and objects there; in memory without it
 */
export async function createFauxqs(directory?: string): Promise<App> {
  if (directory === undefined) return givesBack(buildApp({ logger: false }));
  const stores: Stores = {
    sqsStore: new (await part<{ SqsStore: new () => SqsStore }>('sqs/sqsStore.js')).SqsStore(),
    snsStore: new (await part<{ SnsStore: new () => Stores['snsStore'] }>('sns/snsStore.js')).SnsStore(),
    s3Store: new (await part<{ S3Store: new () => Stores['s3Store'] }>('s3/s3Store.js')).S3Store(),
  };
  const { PersistenceManager } = await part<{ PersistenceManager: new (directory: string) => Persistence }>(
    'persistence.js',
  );
  const persistence = new PersistenceManager(directory);
  load(persistence, stores);
  const app = buildApp({ logger: false, stores });
  app.addHook('onClose', async () => persistence.close());
  return givesBack(app);
}

const receiveTarget = 'AmazonSQS.ReceiveMessage';
const giveBackTarget = 'AmazonSQS.ChangeMessageVisibility';

/**
 * A long poll outlives its caller in fauxqs: a worker that ends in the middle of one, stopped or killed, would take a
 * message along that nobody sees again before its visibility timeout. So what cannot be handed over is visible again.
 */
function givesBack(app: App): App {
  app.addHook('onSend', async ({ body, headers, raw }, _reply, payload) => {
    if (!raw.socket.destroyed || headers['x-amz-target'] !== receiveTarget) return payload;
    const { QueueUrl } = body as { QueueUrl?: string };
    const { Messages = [] } = JSON.parse(String(payload)) as { Messages?: { ReceiptHandle: string }[] };
    for (const { ReceiptHandle } of Messages) {
      await app.inject({
        method: 'POST',
        url: '/',
        headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': giveBackTarget },
        payload: JSON.stringify({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
      });
    }
    return payload;
  });
  return app;
}

/** The parts are not among the package's exports; its version is pinned exactly. */
async function part<Module>(path: string): Promise<Module> {
  return await import(new URL(path, import.meta.resolve('fauxqs')).href);
}

function load(persistence: Persistence, { sqsStore, snsStore, s3Store }: Stores): void {
  persistence.load(sqsStore, snsStore, s3Store);
  for (const queue of sqsStore.allQueues()) {
    queue.persistence = persistence;
    // Whoever had received them ended with the previous runtime: nobody but us consumes these queues.
    for (const message of queue.inflightMessages.values()) message.visibilityDeadline = 0;
  }
  sqsStore.persistence = persistence;
  s3Store.persistence = persistence;
  // Its own version writes a null that its schema refuses, and the message given back would be lost. Leaving the row as
  // it is does no harm: a message stored as in flight is visible after a restart, see above.
  persistence.updateMessageReady = () => {};
}
