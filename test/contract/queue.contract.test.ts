import type {
  SendMessageBatchCommandInput,
  SendMessageBatchCommandOutput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { DeleteMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Pools } from '../../lib/config/pools.ts';
import type { DefinitionHash, RunId } from '../../lib/model/ids.ts';
import { noTenant, tenantId } from '../../lib/model/ids.ts';
import type { Dispatch } from '../../lib/model/message.ts';
import { soleNode } from '../../lib/model/run.ts';
import { parseMessage } from '../../lib/sqs/message-body.ts';
import { SqsQueue } from '../../lib/sqs/queue.ts';
import { sqsEndpoints } from '../support/endpoints.ts';
import { openQueue, type TestQueue } from '../support/test-queue.ts';

const dispatch = (index: number, overrides: Partial<Dispatch> = {}): Dispatch => ({
  message: {
    tenant: noTenant,
    run: `run-${index}` as RunId,
    node: soleNode,
    hash: 'hash-1' as DefinitionHash,
    hop: index,
  },
  pool: 'default',
  priority: 'normal',
  delayMs: 0,
  ...overrides,
});
const dispatches = (count: number) => Array.from({ length: count }, (_, index) => dispatch(index));

describe.each(sqsEndpoints())('Queue: $name', (endpoint) => {
  let queues: { normal: TestQueue; high: TestQueue };
  let queue: SqsQueue;
  let pools: Pools;
  beforeEach(async () => {
    queues = { normal: await openQueue(endpoint), high: await openQueue(endpoint) };
    pools = { default: { tags: [], lanes: { normal: queues.normal.url, high: queues.high.url } } };
    queue = new SqsQueue(queues.normal.sqs, pools);
  });
  afterEach(async () => {
    await queues.normal.close();
    await queues.high.close();
  });

  /** All messages that are there now, as messages of ours. */
  const drain = async (from: TestQueue): Promise<Dispatch['message'][]> => {
    const found: Dispatch['message'][] = [];
    for (let batch = await from.receive(); batch.length > 0; batch = await from.receive()) {
      for (const { Body = '' } of batch) {
        const parsed = parseMessage(Body);
        if (!parsed.ok) throw new Error(parsed.reason);
        found.push(parsed.message);
      }
    }
    return found.sort((a, b) => a.hop - b.hop);
  };
  const messagesOf = (given: readonly Dispatch[]) => given.map(({ message }) => message);

  test('one message arrives as it was sent', async () => {
    expect(await queue.send([dispatch(7)])).toEqual([]);
    expect(await drain(queues.normal)).toEqual([dispatch(7).message]);
  });

  test('nothing to send is nothing', async () => {
    expect(await queue.send([])).toEqual([]);
    expect(await drain(queues.normal)).toEqual([]);
  });

  test('25 arrive, each once, in three requests', async () => {
    let requests = 0;
    tamper(queues.normal.sqs, (output) => {
      requests += 1;
      return output;
    });
    expect(await queue.send(dispatches(25))).toEqual([]);
    expect(await drain(queues.normal)).toEqual(messagesOf(dispatches(25)));
    expect(requests).toBe(3);
  });

  test('a priority with a lane goes there, one without to the normal lane', async () => {
    await queue.send([
      dispatch(1, { priority: 'high' }),
      dispatch(2),
      dispatch(3, { priority: 'low' }),
      dispatch(4, { priority: 'high' }),
    ]);
    expect((await drain(queues.normal)).map(({ hop }) => hop)).toEqual([2, 3]);
    expect((await drain(queues.high)).map(({ hop }) => hop)).toEqual([1, 4]);
  });

  test('what a batch could not send comes back, though the status is 200', async () => {
    const lost = new Set(['3', '4']);
    tamper(queues.normal.sqs, (output) => ({
      ...output,
      Successful: output.Successful?.filter(({ Id = '' }) => !lost.has(Id)),
      Failed: [...lost].map((Id) => ({ Id, SenderFault: false, Code: 'InternalError' })),
    }));
    const given = dispatches(12);
    expect(await queue.send(given)).toEqual([given[3], given[4]]);
  });

  test('a batch whose response is lost counts as unsent, the others do not', async () => {
    let batches = 0;
    tamper(queues.normal.sqs, (output) => {
      batches += 1;
      if (batches === 1) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      return output;
    });
    const unsent = await queue.send(dispatches(15));
    expect([5, 10]).toContain(unsent.length);
    // It was sent all the same: ringing twice does no harm, not ringing would.
    expect(await drain(queues.normal)).toHaveLength(15);
  });

  test('messages of tenants name them, those of nobody do not; none does where that is switched off', async () => {
    const tenants = [tenantId('acme'), tenantId('other'), noTenant];
    const given = tenants.map((tenant, index) => {
      const { message, ...rest } = dispatch(index);
      return { ...rest, message: { ...message, tenant } };
    });
    // As sent: of the endpoints here not all keep the group of a standard queue's message.
    const groups: (string | undefined)[] = [];
    queues.normal.sqs.middlewareStack.add(
      (next) => async (args) => {
        const { Entries = [] } = args.input as SendMessageBatchCommandInput;
        groups.push(...Entries.map(({ MessageGroupId }) => MessageGroupId));
        return await next(args);
      },
      { step: 'initialize' },
    );
    expect(await queue.send(given)).toEqual([]);
    expect(groups.splice(0)).toEqual(['acme', 'other', undefined]);
    expect(await new SqsQueue(queues.normal.sqs, pools, { isFair: false }).send(given)).toEqual([]);
    expect(groups).toEqual([undefined, undefined, undefined]);
    expect(await drain(queues.normal)).toHaveLength(6);
  });

  test('a queue that is not there, and a pool that is not there, keep nothing else back', async () => {
    const gone = new URL(queues.high.url);
    gone.pathname = `${gone.pathname}-gone`;
    const broken = { default: { tags: [], lanes: { normal: queues.normal.url, high: gone.href } } };
    const given = [dispatch(1, { priority: 'high' }), dispatch(2), dispatch(3, { pool: 'unknown' })];
    const unsent = await new SqsQueue(queues.normal.sqs, broken).send(given);
    expect(new Set(unsent)).toEqual(new Set([given[0], given[2]]));
    expect(await drain(queues.normal)).toEqual([given[1]?.message]);
  });

  test('a delayed message is not there yet; fractions of a second count up', async () => {
    const delays: (number | undefined)[] = [];
    queues.normal.sqs.middlewareStack.add(
      (next) => (args) => {
        const { Entries = [] } = args.input as SendMessageBatchCommandInput;
        delays.push(...Entries.map(({ DelaySeconds }) => DelaySeconds));
        return next(args);
      },
      { step: 'initialize' },
    );
    await queue.send([
      dispatch(1, { delayMs: 600_001 }),
      dispatch(2, { delayMs: 86_400_000 }), // cut at 15 minutes instead of refused
      dispatch(3),
    ]);
    // Not every emulator refuses what AWS does: the request itself must be right.
    expect(delays).toEqual([601, 900, undefined]);
    expect((await drain(queues.normal)).map(({ hop }) => hop)).toEqual([3]);
    expect((await queues.normal.counts()).delayed).toBe(2);
  });

  test('extend hides a message, and 0 gives it back at once', async () => {
    await queue.send([dispatch(1)]);
    const [first] = await queues.normal.receive();
    const receipt = { queueUrl: queues.normal.url, handle: first?.ReceiptHandle ?? '' };
    expect(await queue.extend(receipt, 600)).toBe(true);
    expect(await queues.normal.receive()).toEqual([]);
    expect(await queue.extend(receipt, 0)).toBe(true);
    const [again] = await queues.normal.receive();
    expect(again?.MessageId).toBe(first?.MessageId);
  });

  test('more than 12 hours, less than nothing and fractions are brought into range', async () => {
    await queue.send([dispatch(1)]);
    const [first] = await queues.normal.receive();
    const receipt = { queueUrl: queues.normal.url, handle: first?.ReceiptHandle ?? '' };
    expect(await queue.extend(receipt, 42_000.5)).toBe(true);
    expect(await queue.extend(receipt, -1)).toBe(true);
    expect(await queues.normal.receive()).toHaveLength(1);
  });

  test('a handle that is none is false, and so is a queue that is gone', async () => {
    const handle = 'no-handle';
    expect(await queue.extend({ queueUrl: queues.normal.url, handle }, 10)).toBe(false);
    const gone = `${queues.normal.url}-gone`;
    expect(await queue.extend({ queueUrl: gone, handle }, 10)).toBe(false);
  });

  test('a deleted message stays away, whatever the answer', async () => {
    await queue.send([dispatch(1)]);
    const [first] = await queues.normal.receive();
    const handle = first?.ReceiptHandle ?? '';
    await queues.normal.sqs.send(
      new DeleteMessageCommand({ QueueUrl: queues.normal.url, ReceiptHandle: handle }),
    );
    await queue.extend({ queueUrl: queues.normal.url, handle }, 0);
    expect(await queues.normal.receive()).toEqual([]);
  });

  test('depth counts what waits visibly, over all lanes', async () => {
    expect(await queue.depth('default')).toBe(0);
    await queue.send([...dispatches(3), dispatch(4, { priority: 'high' }), dispatch(5, { delayMs: 60_000 })]);
    expect(await queue.depth('default')).toBe(4);
    await queues.normal.receive({ most: 1 });
    expect(await queue.depth('default')).toBe(3);
  });

  test('the depth of an unknown pool and of a queue that is gone are errors', async () => {
    await expect(queue.depth('unknown')).rejects.toMatchObject({ code: 'InvalidSetting' });
    const gone = { default: { tags: [], lanes: { normal: `${queues.normal.url}-gone` } } };
    await expect(new SqsQueue(queues.normal.sqs, gone).depth('default')).rejects.toMatchObject({
      code: 'QueueUnreachable',
    });
  });
});

/** Changes the answers to batches on their way back, as a faulty service or network would. */
function tamper(
  sqs: SQSClient,
  change: (output: SendMessageBatchCommandOutput) => SendMessageBatchCommandOutput,
): void {
  sqs.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      if (context.commandName !== 'SendMessageBatchCommand') return result;
      return { ...result, output: change(result.output as SendMessageBatchCommandOutput) };
    },
    { step: 'initialize' },
  );
}
