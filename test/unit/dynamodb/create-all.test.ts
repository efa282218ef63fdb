import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test } from 'vitest';
import { documentClient } from '../../../lib/dynamodb/document-client.ts';
import { encodeRun } from '../../../lib/dynamodb/item.ts';
import { DynamoRunStore } from '../../../lib/dynamodb/run-store.ts';
import type { Run } from '../../../lib/model/run.ts';
import { leave } from '../../../lib/protocol/leave.ts';
import { sampleRun } from '../../support/sample-run.ts';

const $metadata = {};
const itemOf = (run: Run) => marshall(encodeRun(run));
const present = (run: Run) => ({ Code: 'ConditionalCheckFailed', Item: itemOf(run) });
const cancelled = (
  ...CancellationReasons: { Code: string; Item?: ReturnType<typeof itemOf>; Message?: string }[]
) => new TransactionCanceledException({ message: 'cancelled', $metadata, CancellationReasons });
const none = { Code: 'None' };

/** A store that gives these answers in turn, the last of them again and again, and notes what it was asked. */
function storeThatAnswers(...answers: (Error | Record<string, unknown>)[]) {
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint: 'http://127.0.0.1:1' });
  const db = documentClient(client);
  const asked: string[] = [];
  const inputs: unknown[] = [];
  db.middlewareStack.add(
    (_next, { commandName = '' }) =>
      async ({ input }) => {
        const answer = answers[Math.min(asked.length, answers.length - 1)] ?? {};
        asked.push(commandName);
        inputs.push(input);
        if (answer instanceof Error) throw answer;
        return { response: {}, output: { $metadata, ...answer } };
      },
    { step: 'initialize', priority: 'low' },
  );
  return { asked, inputs, runs: new DynamoRunStore(db, 'table') };
}

const [a, b] = [sampleRun(), sampleRun()];
const both = [a, b].map((run) => ({ name: 'submit' as const, run }));
const transaction = 'TransactWriteItemsCommand';
const batchGet = 'BatchGetItemCommand';

describe('runs created at once', () => {
  test('cost one request', async () => {
    const { asked, runs } = storeThatAnswers({});
    expect(await runs.createAll(both)).toEqual({ created: true });
    expect(asked).toEqual([transaction]);
  });

  test('of which some exist cost no other one: the answer has what is there', async () => {
    const { asked, runs } = storeThatAnswers(cancelled(none, present({ ...b, rev: 3 })));
    expect(await runs.createAll(both)).toEqual({ created: false, existing: [undefined, { ...b, rev: 3 }] });
    expect(asked).toEqual([transaction]);
  });

  test('are read where the answer does not have them', async () => {
    const { asked, inputs, runs } = storeThatAnswers(
      cancelled({ Code: 'ConditionalCheckFailed' }, present(b)),
      { Responses: { table: [encodeRun(b), encodeRun(a)] } },
    );
    expect(await runs.createAll(both)).toEqual({ created: false, existing: [a, b] });
    expect(asked).toEqual([transaction, batchGet]);
    // One that was created a moment ago must be seen.
    expect(inputs[1]).toMatchObject({ RequestItems: { table: { ConsistentRead: true } } });
  });

  test('of which a throttled store leaves some out are not taken for missing', async () => {
    const UnprocessedKeys = { table: { Keys: both.map(({ run }) => ({ pk: run.run })) } };
    const { runs } = storeThatAnswers(cancelled({ Code: 'ConditionalCheckFailed' }, none), {
      UnprocessedKeys,
    });
    await expect(runs.createAll(both)).rejects.toMatchObject({ code: 'StoreUnreachable' });
  });

  test('one of which is damaged show which', async () => {
    const damaged = { ...itemOf(b), g: { S: 'no nodes' } };
    const { runs } = storeThatAnswers(cancelled(present(a), { ...present(b), Item: damaged }));
    expect(await runs.createAll(both)).toMatchObject({
      created: false,
      existing: [a, { run: b.run, unreadable: true, damage: expect.stringMatching(/nodes/) }],
    });
  });

  test.each(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded', 'SomethingNew'])(
    'are tried again after %s',
    async (Code) => {
      const { asked, runs } = storeThatAnswers(cancelled({ Code }, none), cancelled(none, { Code }), {});
      expect(await runs.createAll(both)).toEqual({ created: true });
      expect(asked).toEqual([transaction, transaction, transaction]);
    },
  );

  test('are tried again where a conflict hides what is there', async () => {
    const half = cancelled({ Code: 'TransactionConflict' }, present(b));
    const { asked, runs } = storeThatAnswers(half, cancelled(present(a), present(b)));
    expect(await runs.createAll(both)).toEqual({ created: false, existing: [a, b] });
    expect(asked).toHaveLength(2);
  });

  test.each([none, present(b)])('are given up after four conflicts, beside $Code', async (other) => {
    const { asked, runs } = storeThatAnswers(cancelled({ Code: 'TransactionConflict' }, other));
    await expect(runs.createAll(both)).rejects.toMatchObject({
      name: 'HoldfastError',
      code: 'StoreUnreachable',
      cause: expect.any(TransactionCanceledException),
    });
    expect(asked).toHaveLength(4);
  });

  test.each(['ValidationError', 'ItemCollectionSizeLimitExceeded'])(
    'one of which the store takes at no time are not tried again after %s: it is a defect of ours',
    async (Code) => {
      const { asked, runs } = storeThatAnswers(cancelled(none, { Code, Message: 'Item size' }));
      const refused = runs.createAll(both);
      await expect(refused).rejects.toThrow('Item size');
      await expect(refused).rejects.not.toMatchObject({ name: 'HoldfastError' });
      expect(asked).toEqual([transaction]);
    },
  );
});

describe('runs that are counted as open', () => {
  const counted = { name: 'submit' as const, openMax: 5, run: sampleRun({ counted: true }) };
  const conflict = { Code: 'TransactionConflict' };
  const refused = { Code: 'ConditionalCheckFailed' };

  test('come to be in one request with their counter', async () => {
    const { asked, inputs, runs } = storeThatAnswers({});
    expect(await runs.create(counted)).toEqual({ applied: true, run: counted.run });
    expect(asked).toEqual([transaction]);
    expect(inputs).toMatchObject([{ TransactItems: [{ Put: {} }, { Update: { Key: { sk: 'OPEN' } } }] }]);
  });

  test('are tried again longer than others: a whole tenant meets at its counter', async () => {
    const { asked, runs } = storeThatAnswers(...Array(7).fill(cancelled(none, conflict)), {});
    expect(await runs.create(counted)).toMatchObject({ applied: true });
    expect(asked).toHaveLength(8);
    const never = storeThatAnswers(cancelled(none, conflict));
    await expect(never.runs.create(counted)).rejects.toMatchObject({ code: 'StoreUnreachable' });
    expect(never.asked).toHaveLength(8);
  });

  test('are found where they are there, whatever the counter says', async () => {
    const { runs } = storeThatAnswers(cancelled(present(counted.run), refused));
    expect(await runs.create(counted)).toEqual({ applied: false, run: counted.run });
  });

  describe('when they leave', () => {
    const run = { ...counted.run, phase: 'ending' as const, ended: 'failed' as const, endedAt: 5 };

    test('do so in one request with their counter, and are read then', async () => {
      const { asked, runs } = storeThatAnswers(cancelled(none, conflict), {}, { Item: encodeRun(run) });
      expect(await runs.apply(leave(run, 9))).toEqual({ applied: true, run });
      expect(asked).toEqual([transaction, transaction, 'GetItemCommand']);
    });

    test('are refused with what the answer has, or what is read', async () => {
      const given = storeThatAnswers(cancelled(present(run), conflict), cancelled(present(run), none));
      expect(await given.runs.apply(leave(run, 9))).toEqual({ applied: false, run });
      const bare = storeThatAnswers(cancelled(refused, none), { Item: encodeRun(run) });
      expect(await bare.runs.apply(leave(run, 9))).toEqual({ applied: false, run });
      expect(bare.asked).toEqual([transaction, 'GetItemCommand']);
    });

    test('are left to a later look where the counter is never free', async () => {
      const { runs } = storeThatAnswers(cancelled(none, conflict));
      await expect(runs.apply(leave(run, 9))).rejects.toMatchObject({ code: 'StoreUnreachable' });
    });

    test('say what is missing where there are no transactions', async () => {
      const { runs } = storeThatAnswers(
        Object.assign(new Error('UnknownError'), { name: 'UnknownOperationException', $metadata }),
      );
      await expect(runs.apply(leave(run, 9))).rejects.toMatchObject({ code: 'InvalidSetting' });
    });
  });
});

describe('an endpoint without transactions', () => {
  const unknown = Object.assign(new Error('UnknownError'), { name: 'UnknownOperationException', $metadata });

  test('gets the runs one after the other', async () => {
    const { asked, runs } = storeThatAnswers(unknown, {});
    expect(await runs.createAll(both)).toEqual({ created: true });
    expect(asked).toEqual([transaction, batchGet, 'PutItemCommand', 'PutItemCommand']);
  });

  test('gets no more of them once somebody else has created one, and says what is there by then', async () => {
    const taken = new ConditionalCheckFailedException({ message: 'taken', $metadata, Item: itemOf(a) });
    const { asked, runs } = storeThatAnswers(unknown, {}, taken, { Responses: { table: [encodeRun(a)] } });
    expect(await runs.createAll(both)).toEqual({ created: false, existing: [a, undefined] });
    expect(asked).toEqual([transaction, batchGet, 'PutItemCommand', batchGet]);
  });

  test('gets none where one exists', async () => {
    const { asked, runs } = storeThatAnswers(unknown, { Responses: { table: [encodeRun(b)] } });
    expect(await runs.createAll(both)).toEqual({ created: false, existing: [undefined, b] });
    expect(asked).toEqual([transaction, batchGet]);
  });
});

describe('a write that meets a transaction', () => {
  const conflict = new TransactionConflictException({ message: 'ongoing', $metadata });
  const write = { name: 'test', key: a, guards: [], updates: [] };

  test('is made again', async () => {
    const { asked, runs } = storeThatAnswers(conflict, conflict, { Attributes: encodeRun(a) });
    expect(await runs.apply(write)).toEqual({ applied: true, run: a });
    expect(asked).toEqual(['UpdateItemCommand', 'UpdateItemCommand', 'UpdateItemCommand']);
  });

  test('is given up after four times', async () => {
    const { asked, runs } = storeThatAnswers(conflict);
    await expect(runs.apply(write)).rejects.toMatchObject({ code: 'StoreUnreachable' });
    expect(asked).toHaveLength(4);
  });
});
