import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DefinitionHash, NodeId, Nonce } from '../../lib/model/ids.ts';
import type { Path, Transition, Update } from '../../lib/model/transition.ts';
import { type Applied, isReadable, type RunStore } from '../../lib/ports/run-store.ts';
import { finaliseCancel, requestCancel } from '../../lib/protocol/cancel.ts';
import { claim, takeOver } from '../../lib/protocol/claim.ts';
import { commit } from '../../lib/protocol/commit.ts';
import { retryLater, yieldNode } from '../../lib/protocol/hand-back.ts';
import { look } from '../../lib/protocol/look.ts';
import { renew } from '../../lib/protocol/renew.ts';
import { MemoryRunStore } from '../../lib/testing/memory-stores.ts';
import { inNode, leasedNode, readyNode, sampleRun, start } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';
import { taskCommit } from '../support/task-shape.ts';

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

  /** The same calls on both; their answers must not differ. */
  class Both {
    readonly run = sampleRun({
      nodes: { [node]: readyNode, ['other' as NodeId]: { ...leasedNode, lease: { ...leasedNode.lease } } },
    });
    readonly #model: RunStore = new MemoryRunStore();

    async create(): Promise<void> {
      const creation = { name: 'submit' as const, run: this.run };
      expect(await stores.runs.create(creation)).toEqual(await this.#model.create(creation));
    }

    async apply(transition: Transition): Promise<Applied> {
      const expected = await this.#model.apply(transition);
      const actual = await stores.runs.apply(transition);
      expect(actual, JSON.stringify(transition)).toEqual(expected);
      return actual;
    }
  }

  test('any guards and updates', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(guards, updates), { minLength: 1, maxLength: 6 }), async (all) => {
        const both = new Both();
        await both.create();
        for (const [given, changes] of all) {
          await both.apply({ name: 'test', key: both.run, guards: given, updates: changes });
        }
      }),
      { numRuns: 60 },
    );
  });

  test('every step of the protocol', async () => {
    const both = new Both();
    await both.create();
    const must = async (transition: Transition) => {
      const done = await both.apply(transition);
      if (!done.applied || !isReadable(done.run)) throw new Error(`${transition.name} was refused`);
      return done.run;
    };
    const key = both.run;
    const command = (nonce: string) => ({
      key,
      node,
      hash: 'hash-1' as DefinitionHash,
      nonce: nonce as Nonce,
      worker: `worker-${nonce}`,
      leaseUntil: start + 60_000,
    });
    const fence = (nonce: string, epoch: number) => ({ node, epoch, nonce: nonce as Nonce });
    const hops = { hop: 0, hopLimit: 64 };
    const failure = { type: 'Error', message: '', attempt: 1 };

    let run = await must(claim(command('a'), start));
    expect((await both.apply(claim(command('b'), start))).applied).toBe(false);
    run = await must(
      renew({
        key,
        fence: fence('a', 1),
        leaseUntil: start + 90_000,
        seenAt: run.at,
        progress: '',
        checkpoint: { text: '1' },
      }),
    );
    run = await must(retryLater(run, fence('a', 1), { failure, delayMs: 0, now: start, ...hops }).transition);
    run = await must(claim(command('c'), start));
    run = await must(
      yieldNode(run, fence('c', 2), { checkpoint: { text: '2' }, now: start, ...hops }).transition,
    );
    const later = start + 200_000;
    const tended = look(run, { now: later, lookaheadMs: 0, repeatDoorbells: true, expires: 1 });
    if (!tended) throw new Error('a due run is looked at');
    run = await must(tended.transition);
    // The look lies behind the end of this lease: the claim is refused, and brings it forward instead.
    const short = { ...command('d'), leaseUntil: later + 10_000 };
    expect((await both.apply(claim(short, later))).applied).toBe(false);
    run = await must(claim(short, later, run.at));
    expect(run.at).toBe(later + 15_001);
    const held = run.nodes[node];
    if (held?.status !== 'running') throw new Error('claimed');
    const muchLater = later + 600_000;
    run = await must(takeOver(command('e'), held, run.at, muchLater));
    // The holder of the old lease comes back: whatever it writes is refused.
    const late = { status: 'succeeded', output: { text: '0' }, cached: false } as const;
    expect(
      (await both.apply(commit(run, fence('d', 3), late, taskCommit(muchLater, 1)).transition)).applied,
    ).toBe(false);
    run = await must(commit(run, fence('e', 4), late, taskCommit(muchLater, 1_700_000)).transition);
    expect(run).toMatchObject({ phase: 'succeeded', epoch: 4, nodes: { task: { status: 'succeeded' } } });
    expect((await both.apply(requestCancel(key, { mode: 'abort' }, muchLater))).applied).toBe(false);
  });

  test('cancelling', async () => {
    const both = new Both();
    await both.create();
    const asked = await both.apply(
      requestCancel(both.run, { mode: 'graceful', reason: '', by: '__proto__' }, start),
    );
    if (!asked.applied) throw new Error('cancelled');
    const much = start + 600_000;
    const done = await both.apply(finaliseCancel(asked.run, much, 1_700_000));
    expect(done.run).toMatchObject({ phase: 'cancelled', nodes: { task: { status: 'cancelled' } } });
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
    ['nodes', 'missing', 'status'],
    ['nodes', 'missing', 'lease', 'until'],
  ],
];
const place = fc.constantFrom(...places);
const number = fc.constantFrom(0, 1, 2, start, start + 60_000, -1);
const value = fc.oneof(number, fc.constantFrom('active', 'ready', 'running', 'echo', 'cancel', '', 'paused'));

const guards = fc.array(
  fc
    .oneof(
      { weight: 3, arbitrary: fc.record({ is: fc.constantFrom('present', 'absent'), path: place }) },
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
    // A phase stands in the index together with its shard: it can be compared for equality only.
    .filter(
      (guard) =>
        !(guard.path[0] === 'phase' && guard.is !== '=' && guard.is !== 'present' && guard.is !== 'absent'),
    )
    // The empty text is stored as null, which is equal to itself and has no order.
    .filter((guard) => !('value' in guard && guard.value === '' && guard.is !== '='))
    .filter((guard) => !('than' in guard && guard.than[0] === 'phase')),
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
      endedAt: fc.constantFrom<Update>({ set: ['endedAt'], value: 5 }, { remove: ['endedAt'] }),
    },
    { requiredKeys: [] },
  )
  .map((chosen) => Object.values(chosen));
