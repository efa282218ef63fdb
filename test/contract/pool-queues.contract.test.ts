import {
  GetQueueAttributesCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
  type StartMessageMoveTaskCommandInput,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Pools } from '../../lib/config/pools.ts';
import { SqsPoolQueues } from '../../lib/sqs/pool-queues.ts';
import { sqsEndpoints } from '../support/endpoints.ts';
import { openQueue, type TestQueue } from '../support/test-queue.ts';

describe.each(sqsEndpoints())('PoolQueues: $name', (endpoint) => {
  let queues: { normal: TestQueue; high: TestQueue; dead: TestQueue; other: TestQueue };
  let pools: Pools;
  let subject: SqsPoolQueues;
  beforeEach(async () => {
    const [normal, high, dead, other] = await Promise.all([1, 2, 3, 4].map(() => openQueue(endpoint)));
    if (!normal || !high || !dead || !other) throw new Error('unreachable');
    queues = { normal, high, dead, other };
    pools = {
      default: { tags: [], lanes: { normal: normal.url, high: high.url } },
      other: { tags: ['other'], lanes: { normal: other.url } },
    };
    subject = new SqsPoolQueues(normal.sqs, pools);
  });
  afterEach(async () => {
    for (const queue of Object.values(queues)) await queue.close();
  });

  const arnOf = async ({ sqs, url }: TestQueue): Promise<string> => {
    const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] });
    return (await sqs.send(command)).Attributes?.QueueArn ?? '';
  };
  const giveUpTo = async (from: TestQueue, to: TestQueue) => {
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: await arnOf(to), maxReceiveCount: 10 });
    await from.sqs.send(new SetQueueAttributesCommand({ QueueUrl: from.url, Attributes: { RedrivePolicy } }));
  };
  const put = ({ sqs, url }: TestQueue, bodies: readonly string[], DelaySeconds = 0) =>
    Promise.all(
      bodies.map((MessageBody) =>
        sqs.send(
          new SendMessageCommand({
            QueueUrl: url,
            MessageBody,
            DelaySeconds,
            MessageAttributes: { from: { DataType: 'String', StringValue: MessageBody } },
          }),
        ),
      ),
    );
  const bodiesIn = async (queue: TestQueue) => {
    const found: string[] = [];
    for (let batch = await queue.receive(); batch.length > 0; batch = await queue.receive())
      found.push(...batch.map(({ Body = '' }) => Body));
    return found.sort();
  };
  const letters = (count: number) => Array.from({ length: count }, (_, index) => `letter ${index + 10}`);

  test('counts what waits, is in flight, is delayed and is dead, over all lanes', async () => {
    expect(await subject.counts('default')).toEqual({ waiting: 0, inFlight: 0, delayed: 0 });
    await giveUpTo(queues.normal, queues.dead);
    await giveUpTo(queues.high, queues.dead);
    await put(queues.normal, ['a', 'b']);
    await put(queues.high, ['c']);
    await put(queues.high, ['d'], 600);
    await put(queues.dead, ['e', 'f', 'g']);
    await queues.normal.receive({ most: 1 });
    // Whoever has looked at a dead letter and left it has hidden it.
    await queues.dead.receive({ most: 1 });
    expect(await subject.counts('default')).toEqual({ waiting: 2, inFlight: 1, delayed: 1, deadLetters: 3 });
    expect(await subject.counts('other')).toEqual({ waiting: 0, inFlight: 0, delayed: 0 });
  });

  test('dead letters come back, each as it was', async () => {
    await giveUpTo(queues.normal, queues.dead);
    await put(queues.dead, letters(23));
    expect(await subject.redrive('default')).toBe(23);
    // Where the service moves them, it does so in its own time.
    const back: string[] = [];
    await expect
      .poll(async () => back.push(...(await bodiesIn(queues.normal))) && [...back].sort(), {
        timeout: 20_000,
      })
      .toEqual(letters(23));
    expect(await bodiesIn(queues.dead)).toEqual([]);
    expect(await subject.counts('default')).toMatchObject({ deadLetters: 0 });
    expect(await subject.redrive('default')).toBe(0);
  });

  test('the service is asked to move them, and where they came from only if that is one queue', async () => {
    const asked: StartMessageMoveTaskCommandInput[] = [];
    queues.normal.sqs.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName !== StartMessageMoveTaskCommand.name) return await next(args);
          asked.push(args.input as StartMessageMoveTaskCommandInput);
          return { output: { $metadata: {}, TaskHandle: 't' }, response: {} };
        },
      { step: 'initialize' },
    );
    await giveUpTo(queues.normal, queues.dead);
    await put(queues.dead, letters(2));
    expect(await subject.redrive('default')).toBe(2);
    const SourceArn = await arnOf(queues.dead);
    expect(asked).toEqual([{ SourceArn, DestinationArn: await arnOf(queues.normal) }]);
    // Shared with another pool, whose letters are not for the workers of this one.
    await giveUpTo(queues.other, queues.dead);
    await subject.redrive('default');
    expect(asked.slice(1)).toEqual([{ SourceArn }]);
    expect(await queues.dead.counts()).toMatchObject({ waiting: 2 });
  });

  test('moved by hand, what several lanes gave up comes to the usual one, not before all that waits', async () => {
    const aged = queues.other;
    const lanes = { normal: queues.normal.url, high: queues.high.url, aged: aged.url };
    const several = new SqsPoolQueues(queues.normal.sqs, { default: { tags: [], lanes } });
    queues.normal.sqs.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName !== StartMessageMoveTaskCommand.name) return await next(args);
          throw Object.assign(new Error('no such operation'), { name: 'InvalidAction' });
        },
      { step: 'initialize' },
    );
    for (const lane of [queues.normal, queues.high, aged]) await giveUpTo(lane, queues.dead);
    await put(queues.dead, letters(3));
    expect(await several.redrive('default')).toBe(3);
    expect(await bodiesIn(queues.normal)).toEqual(letters(3));
    expect(await bodiesIn(queues.high)).toEqual([]);
    expect(await bodiesIn(aged)).toEqual([]);
  });

  test('what is not there is said to be missing', async () => {
    for (const pool of ['nothing', 'toString', '__proto__']) {
      await expect(subject.counts(pool)).rejects.toMatchObject({ code: 'NotFound', field: 'pool' });
      await expect(subject.redrive(pool)).rejects.toMatchObject({ code: 'NotFound', field: 'pool' });
    }
    await expect(subject.redrive('default')).rejects.toMatchObject({
      code: 'NotFound',
      message: 'The pool default has no dead-letter queue',
    });
    const gone = { default: { tags: [], lanes: { normal: `${queues.normal.url}-gone` } } };
    const missing = new SqsPoolQueues(queues.normal.sqs, gone);
    await expect(missing.counts('default')).rejects.toMatchObject({ code: 'QueueUnreachable' });
    await expect(missing.redrive('default')).rejects.toMatchObject({ code: 'QueueUnreachable' });
  });
});
