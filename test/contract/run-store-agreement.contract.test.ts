import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NodeId, RunId } from '../../lib/model/ids.ts';
import type { Path, Transition, Update } from '../../lib/model/transition.ts';
import { MemoryRunStore } from '../../lib/testing/memory-stores.ts';
import { arbitraryRun } from '../support/arbitrary-run.ts';
import { inNode, leasedNode, readyNode, start } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';
import { BothStores } from './both-stores.ts';

const node = 'task' as NodeId;
const [memory, ...tables] = storeSubjects();
if (memory?.name !== 'memory') throw new Error('the first subject is the one in memory');

/** What the simulation proves on the store in memory is worth as much as the two agree. */
describe.each(tables)('as the store in memory does: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  test('any guards and updates', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(guards, updates), { minLength: 1, maxLength: 6 }), async (all) => {
        const both = new BothStores(stores.runs, {
          nodes: {
            [node]: readyNode,
            ['other' as NodeId]: { ...leasedNode, lease: { ...leasedNode.lease } },
            ['caller' as NodeId]: { ...readyNode, status: 'waiting', child: { run: 'child' as RunId } },
          },
          waitsFor: ['a', 'c'] as RunId[],
          dependencies: { ['a' as RunId]: {}, ['c' as RunId]: { as: 'last' } },
        });
        await both.create();
        for (const [given, changes] of all) {
          await both.apply({ name: 'test', key: both.run, guards: given, updates: changes });
        }
      }),
      { numRuns: 60 },
    );
  });

  test('an empty text, which has no order', async () => {
    const a = 'a' as RunId;
    const both = new BothStores(stores.runs, {
      dependencies: { [a]: { output: { text: '' } } },
      nodes: { [node]: readyNode },
    });
    await both.create();
    const text = ['dependencies', 'a', 'output', 'text'];
    for (const [path, than] of [
      [text, inNode('status')],
      [inNode('status'), text],
    ] as const) {
      const guards = [{ guard: 'test', is: '<' as const, path, than }];
      expect(await both.apply({ name: 'test', key: both.run, guards, updates: [] })).toMatchObject({
        applied: false,
      });
    }
  });

  test('any run, alone and among others', { timeout: 120_000 }, async () => {
    const model = new MemoryRunStore();
    const several = fc.uniqueArray(arbitraryRun, {
      minLength: 1,
      maxLength: 4,
      selector: ({ tenant, run }) => `${tenant}#${run}`,
    });
    await fc.assert(
      fc.asyncProperty(several, async (runs) => {
        // What is counted has one tenant: see open-runs.contract.test.ts.
        const creations = runs.map(({ counted: _, ...run }) => ({ name: 'submit' as const, run }));
        const [first] = creations;
        if (!first) throw new Error('at least one');
        expect(await stores.runs.createAll(creations)).toEqual(await model.createAll(creations));
        expect(await stores.runs.create(first)).toEqual(await model.create(first));
        for (const run of runs) expect(await stores.runs.get(run)).toEqual(await model.get(run));
      }),
      { numRuns: 60 },
    );
  });
});

const numbers: Path[] = [
  ['at'],
  ['rev'],
  ['epoch'],
  ['looks'],
  inNode('attempt'),
  inNode('notBefore'),
  inNode('epoch'),
];
const places: Path[] = [
  ...numbers,
  ...[['phase'], ['control', 'kind'], ['endedAt'], ['name'], inNode('status'), inNode('lease', 'until')],
  ...[inNode('worker'), ['nodes', 'other', 'lease', 'until'], ['nodes', 'other', 'status']],
  ...[
    ['ended'],
    ['nodes', 'caller', 'child', 'status'],
    ['dependencies', 'a', 'output', 'text'],
    ['dependencies', 'b', 'as'],
  ],
  ...[
    ['nodes', 'missing', 'status'],
    ['nodes', 'missing', 'lease', 'until'],
  ],
];
const place = fc.constantFrom(...places);
const sets: Path[] = [['waitsFor'], ['dependents']];
const setPlace = fc.constantFrom(...sets);
const member = fc.constantFrom('a', 'b', 'c', 'ab', 'B');
const members = fc.array(member, { maxLength: 3 });
const number = fc.constantFrom(0, 1, 2, start, start + 60_000, -1);
const value = fc.oneof(
  number,
  fc.constantFrom('active', 'ready', 'running', 'echo', 'cancel', '', 'paused', 'ending', 'failed'),
);

const guards = fc.array(
  fc
    .oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          is: fc.constantFrom('present', 'absent'),
          path: fc.oneof(place, setPlace),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ is: fc.constantFrom('contains', 'lacks'), path: setPlace, value: member }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          is: fc.constant('fewer'),
          path: setPlace,
          value: fc.integer({ min: -1, max: 4 }),
        }),
      },
      { weight: 3, arbitrary: fc.record({ is: fc.constantFrom('=', '<', '<=', '>'), path: place, value }) },
      {
        weight: 1,
        arbitrary: fc
          .record({ is: fc.constant('<'), path: place, than: place })
          // DynamoDB refuses to compare an attribute with itself.
          .filter(({ path, than }) => path.join() !== than.join()),
      },
    )
    .map((condition) => ({ ...condition, guard: 'test' }) as Transition['guards'][number])
    // The empty text is stored as null, which is equal to itself and has no order.
    .filter((guard) => !('value' in guard && guard.value === '' && guard.is !== '=')),
  { maxLength: 3 },
);

const count = fc.nat(1_000);
/** One update for each of some paths, none inside of another: DynamoDB refuses those too. */
const updates = fc
  .record(
    {
      rev: fc.constant<Update>({ set: ['rev'], from: ['rev'], by: 1 }),
      epoch: fc.constantFrom<Update>(
        { set: ['epoch'], from: ['epoch'], by: 1 },
        { set: ['epoch'], from: inNode('attempt'), by: 2 },
      ),
      nodeEpoch: fc.constant<Update>({ set: inNode('epoch'), from: ['epoch'], by: 1 }),
      attempt: fc.constantFrom<Update>({ set: inNode('attempt'), from: inNode('attempt'), by: 1 }),
      at: count.map<Update>((at) => ({ set: ['at'], value: at })),
      phase: fc.constantFrom<Update>(
        { set: ['phase'], value: 'paused' },
        { set: ['phase'], value: 'active' },
        { set: ['phase'], value: 'ending' },
      ),
      failure: fc.constantFrom<Update>(
        { set: inNode('failure'), value: { type: '', message: 'm', attempt: 1 } },
        { remove: inNode('failure') },
      ),
      worker: fc.constantFrom<Update>({ set: inNode('worker'), value: 'w' }, { remove: inNode('worker') }),
      other: count.map<Update>((until) => ({ set: ['nodes', 'other', 'lease', 'until'], value: until })),
      control: fc.constantFrom<Update>(
        { set: ['control'], value: { kind: 'cancel', mode: 'abort', since: 1, reason: '' } },
        { remove: ['control'] },
      ),
      waitsFor: fc.oneof(
        members.map<Update>((names) => ({ add: ['waitsFor'], members: names })),
        members.map<Update>((names) => ({ drop: ['waitsFor'], members: names })),
        fc.constant<Update>({ set: ['waitsFor'], value: ['c', 'b', 'c'] }),
      ),
      dependents: fc.oneof(
        members.map<Update>((names) => ({ add: ['dependents'], members: names })),
        members.map<Update>((names) => ({ drop: ['dependents'], members: names })),
        fc.constant<Update>({ remove: ['dependents'] }),
      ),
      dependency: fc.constantFrom<Update>(
        { set: ['dependencies', 'a', 'output'], value: { text: '' } },
        { remove: ['dependencies', 'a', 'output'] },
      ),
      child: fc.constantFrom<Update>(
        { set: ['nodes', 'caller', 'child', 'status'], value: 'failed' },
        { remove: ['nodes', 'caller', 'child', 'status'] },
      ),
      signals: fc.constantFrom<Update>(
        { set: ['signals'], value: [{ name: 'n', id: '', payload: { text: '' } }] },
        { set: ['signals'], value: [] },
        { remove: ['signals'] },
      ),
      ended: fc.constantFrom<Update>({ set: ['ended'], value: 'skipped' }, { remove: ['ended'] }),
      endedAt: fc.constantFrom<Update>({ set: ['endedAt'], value: 5 }, { remove: ['endedAt'] }),
    },
    { requiredKeys: [] },
  )
  .map((chosen) => Object.values(chosen));
