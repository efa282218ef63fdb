import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NodeId } from '../../lib/model/ids.ts';
import { type Run, soleNode } from '../../lib/model/run.ts';
import type { Condition, Update } from '../../lib/model/transition.ts';
import { inNode, leasedNode, readyNode, sampleRun, start } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';

const mark: Update = { set: ['looks'], value: 77 };

describe.each(storeSubjects())('RunStore.apply: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  const given = async (overrides: Partial<Run> = {}): Promise<Run> => {
    const run = sampleRun(overrides);
    await stores.runs.create({ name: 'submit', run });
    return run;
  };
  const apply = (run: Run, conditions: readonly Condition[], updates: readonly Update[]) =>
    stores.runs.apply({
      name: 'test',
      key: { tenant: run.tenant, run: run.run },
      guards: conditions.map((condition) => ({ ...condition, guard: 'test' })),
      updates,
    });

  const holding: Condition[] = [
    { is: '=', path: ['phase'], value: 'active' },
    { is: '=', path: ['rev'], value: 0 },
    { is: '=', path: inNode('lease', 'nonce'), value: 'nonce-1' },
    { is: '<', path: ['at'], value: start + 60_001 },
    { is: '<', path: inNode('attempt'), than: inNode('attemptsMax') },
    { is: '<=', path: ['at'], value: start + 60_000 },
    { is: '<=', path: ['schema'], value: 1 },
    { is: '>', path: ['at'], value: start + 59_999 },
    { is: 'present', path: inNode('lease', 'until') },
    { is: 'present', path: ['phase'] },
    { is: 'absent', path: ['control'] },
    { is: 'absent', path: ['control', 'kind'] },
    { is: 'absent', path: ['nodes', 'other', 'status'] },
  ];
  const failing: Condition[] = [
    { is: '=', path: ['phase'], value: 'paused' },
    { is: '=', path: ['rev'], value: 1 },
    { is: '=', path: ['rev'], value: '0' },
    { is: '=', path: inNode('lease', 'nonce'), value: 'nonce-2' },
    { is: '<', path: ['at'], value: start + 60_000 },
    { is: '<', path: inNode('attemptsMax'), than: inNode('attempt') },
    { is: '<', path: inNode('epoch'), than: inNode('attempt') }, // equal
    { is: '<=', path: ['at'], value: start + 59_999 },
    { is: '>', path: ['at'], value: start + 60_000 },
    { is: 'present', path: ['control'] },
    { is: 'absent', path: inNode('lease') },
    // A comparison with something that is missing is false, whatever the comparison.
    { is: '=', path: ['control', 'kind'], value: 'cancel' },
    { is: '=', path: ['nodes', 'other', 'status'], value: 'ready' },
    { is: '=', path: ['nodes', 'other', 'lease', 'nonce'], value: 'nonce-1' },
    { is: '<', path: ['endedAt'], value: 10 },
    { is: '<=', path: ['endedAt'], value: 10 },
    { is: '>', path: ['endedAt'], value: 10 },
    { is: '<', path: ['endedAt'], than: ['at'] },
    { is: '<', path: ['rev'], than: ['endedAt'] },
    { is: 'present', path: ['nodes', 'other', 'status'] },
  ];
  const text = (condition: Condition) => JSON.stringify(condition);

  test('every condition that holds lets the write through', async () => {
    for (const condition of holding) {
      const run = await given({ nodes: { [soleNode]: leasedNode } });
      const applied = await apply(run, [condition], [mark]);
      expect(applied, text(condition)).toEqual({ applied: true, run: { ...run, looks: 77 } });
    }
    const run = await given({ nodes: { [soleNode]: leasedNode } });
    expect((await apply(run, holding, [mark])).applied).toBe(true);
  });

  test('every condition that fails refuses all of the write and shows the run as it stands', async () => {
    const run = await given({ nodes: { [soleNode]: leasedNode } });
    for (const condition of failing) {
      const refused = await apply(run, [...holding, condition], [mark, { remove: inNode('lease') }]);
      expect(refused, text(condition)).toEqual({ applied: false, run });
    }
    expect(await stores.runs.get(run)).toEqual(run);
  });

  test('a run that is not there is refused and not created', async () => {
    const ghost = sampleRun();
    expect(await apply(ghost, [], [mark])).toEqual({ applied: false, run: undefined });
    expect(await apply(ghost, [{ is: 'absent', path: ['control'] }], [mark])).toEqual({
      applied: false,
      run: undefined,
    });
    expect(await stores.runs.get(ghost)).toBeUndefined();
  });

  test('sets, removals and sums take effect together and the whole run comes back', async () => {
    const run = await given({ nodes: { [soleNode]: leasedNode, ['other' as NodeId]: readyNode }, epoch: 6 });
    const failure = { type: 'Error', message: 'no', attempt: 1, worker: 'w' };
    const applied = await apply(
      run,
      [],
      [
        { set: inNode('status'), value: 'ready' },
        { set: inNode('failure'), value: failure },
        { set: inNode('checkpoint'), value: { pointer: 'task#1', bytes: 5_000 } },
        { set: inNode('attempt'), from: inNode('attempt'), by: -1 },
        { remove: inNode('lease') },
        { set: ['control'], value: { kind: 'cancel', mode: 'abort', since: 3, by: 'me', reason: 'why' } },
        { set: ['rev'], from: ['rev'], by: 1 },
        { set: ['epoch'], from: ['epoch'], by: 1 },
        { set: inNode('epoch'), from: ['epoch'], by: 1 },
        { remove: ['traceparent'] },
      ],
    );
    const { lease: _, ...rest } = leasedNode;
    const expected = {
      ...run,
      rev: 1,
      // Both are the old value plus one: right-hand sides are the item before the write.
      epoch: 7,
      control: { kind: 'cancel', mode: 'abort', since: 3, by: 'me', reason: 'why' },
      nodes: {
        other: readyNode,
        [soleNode]: {
          ...rest,
          status: 'ready',
          failure,
          checkpoint: { pointer: 'task#1', bytes: 5_000 },
          attempt: 0,
          epoch: 7,
        },
      },
    };
    expect(applied).toEqual({ applied: true, run: expected });
    expect(await stores.runs.get(run)).toEqual(expected);
  });

  test('a part inside of a part is set alone', async () => {
    const run = await given({ nodes: { [soleNode]: leasedNode } });
    const until = start + 120_000;
    const applied = await apply(run, [], [{ set: inNode('lease', 'until'), value: until }]);
    const lease = { ...leasedNode.lease, until };
    expect(applied).toEqual({
      applied: true,
      run: { ...run, nodes: { [soleNode]: { ...leasedNode, lease } } },
    });
  });

  test('a transition that updates nothing only checks', async () => {
    const run = await given();
    expect(await apply(run, [{ is: '=', path: ['rev'], value: 0 }], [])).toEqual({ applied: true, run });
    expect(await apply(run, [{ is: '=', path: ['rev'], value: 1 }], [])).toEqual({ applied: false, run });
    const ghost = sampleRun();
    expect(await apply(ghost, [], [])).toEqual({ applied: false, run: undefined });
    expect(await stores.runs.get(ghost)).toBeUndefined();
  });

  test('of 20 with the same guard at once exactly one is applied, and the others see its run', async () => {
    const run = await given();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        apply(
          run,
          [{ is: '=', path: ['rev'], value: 0 }],
          [
            { set: ['rev'], from: ['rev'], by: 1 },
            { set: inNode('worker'), value: `worker-${index}` },
          ],
        ),
      ),
    );
    const winners = outcomes.filter((outcome) => outcome.applied);
    expect(winners).toHaveLength(1);
    for (const outcome of outcomes) expect(outcome.run).toEqual(winners[0]?.run);
  });

  test('20 sums at once are all counted', async () => {
    const run = await given();
    await Promise.all(
      Array.from({ length: 20 }, () => apply(run, [], [{ set: ['epoch'], from: ['epoch'], by: 1 }])),
    );
    expect(await stores.runs.get(run)).toEqual({ ...run, epoch: 20 });
  });

  test('applyUnread writes alike and tells no more than whether it did', async () => {
    const run = await given();
    const key = { tenant: run.tenant, run: run.run };
    const guards = [{ guard: 'test', is: '=' as const, path: ['at'], value: run.at }];
    const transition = { name: 'look', key, guards, updates: [{ set: ['at'], value: 5 }] };
    expect(await stores.runs.applyUnread(transition)).toBe(true);
    expect(await stores.runs.applyUnread(transition)).toBe(false);
    expect(await stores.runs.applyUnread({ ...transition, key: sampleRun() })).toBe(false);
    expect(await stores.runs.get(run)).toEqual({ ...run, at: 5 });
  });
});
