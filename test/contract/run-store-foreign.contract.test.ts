import { type BatchGetCommandInput, NumberValue, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeRun } from '../../lib/dynamodb/item.ts';
import { DynamoRunStore } from '../../lib/dynamodb/run-store.ts';
import { type Run, schemaVersion, soleNode } from '../../lib/model/run.ts';
import { claim } from '../../lib/protocol/claim.ts';
import { lookAtUnreadable } from '../../lib/protocol/look.ts';
import { dynamodbEndpoints } from '../support/endpoints.ts';
import { sampleRun, start } from '../support/sample-run.ts';
import { openTable, type TestTable } from '../support/test-table.ts';

describe.each(dynamodbEndpoints())('items that others wrote: $name', (endpoint) => {
  let table: TestTable;
  let runs: DynamoRunStore;
  beforeAll(async () => {
    table = await openTable(endpoint);
    runs = new DynamoRunStore(table.db, table.name);
  });
  afterAll(() => table.close());

  const put = async (run: Run, changes: Record<string, unknown>): Promise<Run> => {
    const item = { ...encodeRun(run), ...changes };
    await table.db.send(new PutCommand({ TableName: table.name, Item: item }));
    return run;
  };
  const raw = (run: Run, changes: Record<string, unknown>) => put(sampleRun(run), changes);
  const newer = schemaVersion + 1;
  const claimOf = (run: Run) =>
    claim(
      {
        key: run,
        node: soleNode,
        hash: run.hash,
        nonce: 'n' as never,
        worker: 'w',
        leaseUntil: start + 1,
      },
      start,
      run.at,
    );

  describe('of a newer schema', () => {
    const unreadableOf = (run: Run, at = run.at) => ({
      tenant: run.tenant,
      run: run.run,
      unreadable: true,
      schema: newer,
      at,
      rev: 3,
    });
    const given = () => raw(sampleRun({ rev: 3 }), { v: newer, k: 'opera', g: 'another shape', zz: [1] });

    test('are known by key, time and rev, on every way to them', async () => {
      const run = await given();
      const expected = unreadableOf(run);
      expect(await runs.get(run)).toEqual(expected);
      expect(await runs.getMany([run])).toEqual([expected]);
      expect(await runs.create({ name: 'submit', run })).toEqual({ applied: false, run: expected });
    });

    test('are not changed by a write that does not ask for the schema either', async () => {
      const run = await given();
      expect(await runs.apply(claimOf(run))).toEqual({ applied: false, run: unreadableOf(run) });
      const careless = {
        name: 'test',
        key: run,
        guards: [],
        updates: [{ set: ['rev'], from: ['rev'], by: 1 }],
      };
      expect(await runs.apply(careless)).toEqual({ applied: false, run: unreadableOf(run) });
    });

    test('are put off by the look that is made for them', async () => {
      const run = await given();
      const look = lookAtUnreadable({ ...run, rev: 3 }, run.at + 1);
      if (!look) throw new Error('a due run is looked at');
      expect(await runs.applyUnread(look.transition)).toBe(true);
      expect(await runs.applyUnread(look.transition)).toBe(false);
      const [later] = await runs.getMany([run]);
      expect(later).toEqual(unreadableOf(run, later?.at));
      expect(later?.at).toBeGreaterThan(run.at);
    });
  });

  describe('that are damaged', () => {
    const damages: [string, Record<string, unknown>, RegExp][] = [
      ['no nodes', { g: undefined }, /nodes/],
      ['a node of an unknown status', { g: { task: { s: 'asleep' } } }, /nodes\.task\.status/],
      [
        'a leased node without a lease',
        { g: { task: { ...node, s: 'running', b: 1 } } },
        /nodes\.task\.lease/,
      ],
      ['text for a number', { r: 'three' }, /rev/],
      ['a number beyond 2^53', { r: NumberValue.from('1e30') }, /rev/],
      ['a number that the SDK cannot convert', { r: NumberValue.from('9007199254740993.5') }, /rev/],
      ['a list for a map', { g: [1, 2] }, /nodes/],
      ['an unknown phase', { s: 'asleep' }, /phase/],
      ['no phase', { s: undefined }, /phase/],
      ['a list where a set should be', { W: ['a'] }, /waitsFor/],
      ['a set of numbers', { D: new Set([1]) }, /dependents/],
      ['text for a set', { W: 'a' }, /waitsFor/],
      ['a signal without its payload', { q: [{ n: 'a', i: 'b' }] }, /signals\.0\.payload/],
      ['a value of no iteration', { g: { task: { ...node, s: 'waiting', o: { x: '1' } } } }, /iteration/],
      ['a child without its run', { g: { task: { ...node, s: 'ready', t: {} } } }, /task\.child\.run/],
      ['text for the schema', { v: 'one' }, /schema/],
      ['no schema', { v: undefined }, /schema/],
    ];

    test.each(damages)('%s: a clear error for that run only', async (_, changes, place) => {
      const healthy = await put(sampleRun(), {});
      const run = await raw(sampleRun(), changes);
      const error = { name: 'HoldfastError', code: 'DamagedItem', message: expect.stringMatching(place) };
      await expect(runs.get(run)).rejects.toMatchObject(error);
      await expect(runs.create({ name: 'submit', run })).rejects.toMatchObject(error);
      const page = await runs.getMany([run, healthy]);
      expect(page).toHaveLength(2);
      expect(page).toContainEqual(healthy);
      const damaged = page.find((each) => each.run === run.run);
      expect(damaged).toMatchObject({ unreadable: true, damage: expect.stringMatching(place) });
    });

    test('the error shows no stored value', async () => {
      const run = await raw(sampleRun(), { g: { task: { s: 'canary-in-the-item' } } });
      const error = await runs.get(run).catch((caught: unknown) => caught);
      expect(String(error)).toContain('damaged');
      expect(String(error)).not.toContain('canary');
    });
  });

  test('attributes that this version does not know are left out and left alone', async () => {
    const run = await raw(sampleRun(), { future: { deep: [1] } });
    expect(await runs.get(run)).toEqual(run);
    const applied = await runs.apply(claimOf(run));
    expect(applied.applied).toBe(true);
  });

  test('entries of the index that are no runs are passed over', async () => {
    const stray = { pk: 'SOMETHING#else', sk: 'X', statePk: 'skipped#5', stateAt: 1 };
    await table.db.send(new PutCommand({ TableName: table.name, Item: stray }));
    expect(await runs.query({ phase: 'skipped', shard: 5, limit: 10 })).toEqual({ entries: [] });
  });

  test('keys that a batch leaves unprocessed are read again, as long as that gets anywhere', async () => {
    const given = await Promise.all(Array.from({ length: 5 }, () => put(sampleRun(), {})));
    const own = await openTable(endpoint);
    let answers = 0;
    let perAnswer = 2;
    own.db.middlewareStack.add(
      (next) => async (args) => {
        const { Keys } = (args.input as BatchGetCommandInput).RequestItems?.[table.name] ?? {};
        if (!Keys) return next(args);
        answers += 1;
        const [now, later] = [Keys.slice(0, perAnswer), Keys.slice(perAnswer)];
        if (now.length === 0) {
          return { response: {}, output: { $metadata: {}, UnprocessedKeys: { [table.name]: { Keys } } } };
        }
        const { response, output } = await next({
          ...args,
          input: { RequestItems: { [table.name]: { Keys: now } } },
        });
        const left = later.length > 0 ? { [table.name]: { Keys: later } } : {};
        return { response, output: { ...output, UnprocessedKeys: left } };
      },
      { step: 'initialize', priority: 'low' },
    );
    const throttled = new DynamoRunStore(own.db, table.name);
    expect(new Set(await throttled.getMany(given))).toEqual(new Set(given));
    expect(answers).toBe(3);
    perAnswer = 0;
    expect(await throttled.getMany(given)).toEqual([]);
    expect(answers).toBe(4);
    await own.close();
  });

  test.each([
    ['nothing', ''],
    ['no base64url', '!!!'],
    ['no JSON', Buffer.from('{').toString('base64url')],
    ['another shape', Buffer.from('{"a":1}').toString('base64url')],
    ['a key that no run has', Buffer.from('["#","a b",1]').toString('base64url')],
    ['no number', Buffer.from('["-","a",null]').toString('base64url')],
    ['too long', 'a'.repeat(2_000)],
  ])('a cursor with %s is refused', async (_, cursor) => {
    await expect(runs.query({ phase: 'active', shard: 0, limit: 1, cursor })).rejects.toMatchObject({
      code: 'InvalidArgument',
      field: 'cursor',
    });
  });

  test('a cursor of another shard or beyond the bound is refused', async () => {
    const twins = await Promise.all(Array.from({ length: 40 }, () => put(sampleRun(), {})));
    expect(twins).toHaveLength(40);
    const pages = await Promise.all(
      Array.from({ length: 16 }, (_, shard) => runs.query({ phase: 'active', shard, limit: 1 })),
    );
    const shard = pages.findIndex((page) => page.cursor !== undefined);
    const cursor = pages[shard]?.cursor ?? '';
    const refused = { code: 'InvalidArgument', field: 'cursor' };
    await expect(
      runs.query({ phase: 'active', shard: (shard + 1) % 16, limit: 1, cursor }),
    ).rejects.toMatchObject(refused);
    await expect(runs.query({ phase: 'active', shard, limit: 1, until: 5, cursor })).rejects.toMatchObject(
      refused,
    );
  });
});

const node = { e: 0, a: 0, m: 3, n: 0 };
