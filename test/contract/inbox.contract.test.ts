import {
  type DeleteMessageBatchCommandOutput,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Pools } from '../../lib/config/pools.ts';
import { type DefinitionHash, noTenant, type RunId } from '../../lib/model/ids.ts';
import type { Dispatch } from '../../lib/model/message.ts';
import { soleNode } from '../../lib/model/run.ts';
import type { Received } from '../../lib/ports/inbox.ts';
import { SqsInbox } from '../../lib/sqs/inbox.ts';
import { SqsQueue } from '../../lib/sqs/queue.ts';
import { collectingLogger } from '../local/collecting-logger.ts';
import { sqsEndpoints } from '../support/endpoints.ts';
import { openQueue, type TestQueue } from '../support/test-queue.ts';

const dispatch = (index: number, priority: Dispatch['priority'] = 'normal'): Dispatch => ({
  message: {
    tenant: noTenant,
    run: `run-${index}` as RunId,
    node: soleNode,
    hash: 'hash-1' as DefinitionHash,
    hop: index,
  },
  pool: 'default',
  priority,
  delayMs: 0,
});
const dispatches = (count: number) => Array.from({ length: count }, (_, index) => dispatch(index));
const hopsOf = (received: readonly Received[]) => received.map(({ message }) => message?.hop).sort();
const receiptsOf = (received: readonly Received[]) => received.map(({ receipt }) => receipt);

describe.each(sqsEndpoints())('Inbox: $name', (endpoint) => {
  let normal: TestQueue;
  let high: TestQueue;
  let log: ReturnType<typeof collectingLogger>;
  const never = new AbortController().signal;
  const oneLane = (): Pools => ({ default: { tags: [], lanes: { normal: normal.url } } });
  const twoLanes = (): Pools => ({ default: { tags: [], lanes: { normal: normal.url, high: high.url } } });
  const openInbox = (pools: Pools, intervalMs = 1_000) => ({
    inbox: new SqsInbox(normal.sqs, pools, log.logger, intervalMs),
    queue: new SqsQueue(normal.sqs, pools),
  });
  beforeEach(async () => {
    [normal, high] = [await openQueue(endpoint), await openQueue(endpoint)];
    log = collectingLogger();
  });
  afterEach(async () => {
    await normal.close();
    await high.close();
  });

  test('what was sent comes, with the receipt to extend or delete it by', async () => {
    const { inbox, queue } = openInbox(oneLane());
    await queue.send([dispatch(7)]);
    const [received] = await inbox.receive('default', 10, never);
    expect(received).toEqual({
      id: expect.stringMatching(/./),
      message: dispatch(7).message,
      receipt: { queueUrl: normal.url, handle: expect.any(String) },
      together: 1,
    });
    expect(await queue.extend(received?.receipt ?? fail(), 0)).toBe(true);
    const again = await inbox.receive('default', 10, never);
    expect(hopsOf(again)).toEqual([7]);
    expect(await inbox.remove(receiptsOf(again))).toEqual([]);
    expect(await normal.counts()).toEqual({ waiting: 0, hidden: 0, delayed: 0 });
  });

  test.each([1, 3])('no more than %i, where so many are asked for', async (most) => {
    const { inbox, queue } = openInbox(oneLane());
    await queue.send(dispatches(5));
    const received = await inbox.receive('default', most, never);
    expect(received.length).toBeLessThanOrEqual(most);
    const { hidden, waiting } = await normal.counts();
    expect([hidden, waiting]).toEqual([received.length, 5 - received.length]);
  });

  test('asked for more than SQS gives at once, it gives ten at most', async () => {
    const { inbox, queue } = openInbox(oneLane());
    await queue.send(dispatches(12));
    expect((await inbox.receive('default', 1_000, never)).length).toBeLessThanOrEqual(10);
  });

  test('waits for the first', async () => {
    const { inbox, queue } = openInbox(oneLane());
    const waiting = inbox.receive('default', 1, never);
    await queue.send([dispatch(1)]);
    expect(hopsOf(await waiting)).toEqual([1]);
  });

  test.each([
    { lanes: 1, intervalMs: 100, waits: [20] },
    { lanes: 2, intervalMs: 100, waits: [0, 0] },
    { lanes: 2, intervalMs: 1_000, waits: [0, 1] },
    { lanes: 2, intervalMs: 20_000, waits: [0, 20] },
  ])('of $lanes lanes the last is waited for: $waits s at an interval of $intervalMs ms', async (each) => {
    const { inbox } = openInbox(each.lanes === 1 ? oneLane() : twoLanes(), each.intervalMs);
    const stop = new AbortController();
    const waits: unknown[] = [];
    normal.sqs.middlewareStack.add(
      (next) => async (args) => {
        waits.push((args.input as ReceiveMessageCommandInput).WaitTimeSeconds);
        if (waits.length === each.lanes) stop.abort();
        return await next(args);
      },
      { step: 'initialize' },
    );
    expect(await inbox.receive('default', 1, stop.signal)).toEqual([]);
    expect(waits).toEqual(each.waits);
  });

  test('the signal ends the wait, and where it has fired already nothing is received', async () => {
    const { inbox, queue } = openInbox(oneLane());
    await queue.send([dispatch(1)]);
    expect(await inbox.receive('default', 1, AbortSignal.abort())).toEqual([]);
    expect((await normal.counts()).waiting).toBe(1);
    await normal.receive();
    const stop = new AbortController();
    const waiting = inbox.receive('default', 1, stop.signal);
    stop.abort();
    expect(await waiting).toEqual([]);
  });

  test('the more urgent lane comes first, and what is left of the room goes to the next', async () => {
    const { inbox, queue } = openInbox(twoLanes());
    await queue.send([dispatch(1), dispatch(2), dispatch(3, 'high'), dispatch(4, 'high')]);
    expect(hopsOf(await inbox.receive('default', 1, never))).toSatisfy(([hop]) => hop === 3 || hop === 4);
    const rest: Received[] = [];
    while (rest.length < 3) rest.push(...(await inbox.receive('default', 10, never)));
    expect(rest[0]?.receipt.queueUrl).toBe(high.url);
    expect(rest.map(({ receipt }) => receipt.queueUrl).slice(1)).toEqual([normal.url, normal.url]);
  });

  test('a lane that cannot be reached keeps the other from nobody', async () => {
    const gone = { default: { tags: [], lanes: { normal: normal.url, high: `${normal.url}-gone` } } };
    const { inbox, queue } = openInbox(gone);
    await queue.send([dispatch(1)]);
    expect(hopsOf(await inbox.receive('default', 10, never))).toEqual([1]);
    expect(log.lines.join()).toContain('a queue gave no answer');
  });

  test('what is no dispatch comes without a message', async () => {
    const { inbox } = openInbox(oneLane());
    await normal.sqs.send(new SendMessageCommand({ QueueUrl: normal.url, MessageBody: '{"what":1}' }));
    const [received] = await inbox.receive('default', 1, never);
    expect(received).toEqual({ id: expect.any(String), receipt: expect.any(Object), together: 1 });
  });

  test('an unknown pool and a queue that is gone are errors with codes', async () => {
    const { inbox } = openInbox(oneLane());
    await expect(inbox.receive('unknown', 1, never)).rejects.toMatchObject({ code: 'InvalidSetting' });
    await expect(inbox.receive('constructor', 1, never)).rejects.toMatchObject({ code: 'InvalidSetting' });
    const gone = openInbox({ default: { tags: [], lanes: { normal: `${normal.url}-gone` } } });
    await expect(gone.inbox.receive('default', 1, never)).rejects.toMatchObject({
      code: 'QueueUnreachable',
      message: expect.stringContaining(`${normal.url}-gone`),
    });
  });

  test('25 of two queues are deleted in three requests; none is nothing', async () => {
    const { inbox, queue } = openInbox(twoLanes());
    await queue.send(
      Array.from({ length: 25 }, (_, index) => dispatch(index, index < 8 ? 'high' : 'normal')),
    );
    const received: Received[] = [];
    while (received.length < 25) received.push(...(await inbox.receive('default', 10, never)));
    let requests = 0;
    tamper(normal.sqs, (output) => {
      requests += 1;
      return output;
    });
    expect(await inbox.remove(receiptsOf(received))).toEqual([]);
    expect(requests).toBe(3);
    expect(await inbox.remove([])).toEqual([]);
    for (const queue of [normal, high]) expect((await queue.counts()).hidden).toBe(0);
  });

  test('what could not be deleted is named: of a batch in part, and of a queue that is gone', async () => {
    const { inbox, queue } = openInbox(oneLane());
    await queue.send(dispatches(3));
    const receipts: Received[] = [];
    while (receipts.length < 3) receipts.push(...(await inbox.receive('default', 10, never)));
    const gone = { queueUrl: `${normal.url}-gone`, handle: 'handle' };
    tamper(normal.sqs, (output) => ({
      ...output,
      Successful: output.Successful?.filter(({ Id }) => Id !== '1'),
    }));
    const [first, second, third] = receiptsOf(receipts);
    expect(await inbox.remove([first, second, third, gone].filter((each) => each !== undefined))).toEqual([
      second,
      gone,
    ]);
  });
});

function fail(): never {
  throw new Error('nothing was received');
}

/** Changes the answers to deletions on their way back. */
function tamper(
  sqs: SQSClient,
  change: (output: DeleteMessageBatchCommandOutput) => DeleteMessageBatchCommandOutput,
): void {
  sqs.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      if (context.commandName !== 'DeleteMessageBatchCommand') return result;
      return { ...result, output: change(result.output as DeleteMessageBatchCommandOutput) };
    },
    { step: 'initialize' },
  );
}
