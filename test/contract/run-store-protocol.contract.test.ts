import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DefinitionHash, NodeId, Nonce, RunId } from '../../lib/model/ids.ts';
import { soleNode as node, type Run, type RunKey } from '../../lib/model/run.ts';
import { isReadable } from '../../lib/ports/run-store.ts';
import { finaliseCancel } from '../../lib/protocol/cancel.ts';
import { awaitChild, notifyParent } from '../../lib/protocol/child.ts';
import { claim, takeOver } from '../../lib/protocol/claim.ts';
import { commit } from '../../lib/protocol/commit.ts';
import {
  type ControlDecision,
  decideCancel,
  decidePause,
  decideResume,
  park,
  requestCancel,
} from '../../lib/protocol/control.ts';
import { attach, type DependencyEnd, release } from '../../lib/protocol/dependency.ts';
import { retryLater, yieldNode } from '../../lib/protocol/hand-back.ts';
import { leave } from '../../lib/protocol/leave.ts';
import { look } from '../../lib/protocol/look.ts';
import { renew } from '../../lib/protocol/renew.ts';
import { deliver, receiveSignal, timeOut } from '../../lib/protocol/signal.ts';
import { leasedNode, readyNode, start } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';
import { taskCommit } from '../support/task-shape.ts';
import { BothStores } from './both-stores.ts';

/** Who claims, by the nonce. */
const command = (key: RunKey, nonce: string) => ({
  key: { tenant: key.tenant, run: key.run },
  node,
  hash: 'hash-1' as DefinitionHash,
  nonce: nonce as Nonce,
  worker: `worker-${nonce}`,
  leaseUntil: start + 60_000,
});

const [, ...tables] = storeSubjects();

/** What the simulation proves on the store in memory is worth as much as the two agree. */
describe.each(tables)('every step of the protocol as in memory: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  const alone = (nodes: Run['nodes'] = { [node]: readyNode }, overrides: Partial<Run> = {}) =>
    new BothStores(stores.runs, { nodes, ...overrides });

  test('claims, renewals, retries, a look, a takeover and a commit', async () => {
    const both = alone({
      [node]: readyNode,
      ['other' as NodeId]: { ...leasedNode, lease: { ...leasedNode.lease } },
    });
    await both.create();
    const must = both.mustApply.bind(both);
    const key = both.run;
    const fence = (nonce: string, epoch: number) => ({ node, epoch, nonce: nonce as Nonce });
    const hops = { hop: 0, hopLimit: 64 };
    const failure = { type: 'Error', message: '', attempt: 1 };

    let run = await must(claim(command(key, 'a'), start));
    expect((await both.apply(claim(command(key, 'b'), start))).applied).toBe(false);
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
    run = await must(claim(command(key, 'c'), start));
    run = await must(
      yieldNode(run, fence('c', 2), { checkpoint: { text: '2' }, now: start, ...hops }).transition,
    );
    const later = start + 200_000;
    const tended = look(run, { now: later, lookaheadMs: 0, repeatDoorbells: true, expires: 1 });
    if (!tended) throw new Error('a due run is looked at');
    run = await must(tended.transition);
    // The look lies behind the end of this lease: the claim is refused, and brings it forward instead.
    const short = { ...command(key, 'd'), leaseUntil: later + 10_000 };
    expect((await both.apply(claim(short, later))).applied).toBe(false);
    run = await must(claim(short, later, run.at));
    expect(run.at).toBe(later + 15_001);
    const held = run.nodes[node];
    if (held?.status !== 'running') throw new Error('claimed');
    const muchLater = later + 600_000;
    run = await must(takeOver(command(key, 'e'), held, run.at, muchLater));
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
    const both = alone();
    await both.create();
    const asked = await both.mustApply(
      requestCancel(both.run, { mode: 'graceful', reason: '', by: '__proto__' }, start),
    );
    const done = await both.mustApply(finaliseCancel(asked, start + 600_000, 1_700_000));
    expect(done).toMatchObject({ phase: 'cancelled', nodes: { task: { status: 'cancelled' } } });
  });

  test('pausing, parking, resuming, and a cancel that is raised', async () => {
    const both = alone();
    await both.create();
    const decided = async (decision: ControlDecision) => {
      if (decision.decision === 'refuse') throw new Error(decision.because);
      return await both.mustApply(decision.transition);
    };
    const who = { reason: 'lunch', by: '' };
    let run = await decided(decidePause(both.run, { mode: 'graceful', ...who }, start));
    const quiet = start + 600_000;
    run = await both.mustApply(park(run, quiet));
    expect(run).toMatchObject({ phase: 'paused', at: quiet });
    // Claims are for runs that go on.
    expect((await both.apply(claim(command(run, 'a'), quiet))).applied).toBe(false);
    run = await decided(decideResume(run, who, quiet + 1));
    expect(run).toMatchObject({ phase: 'active', resumed: { ...who, since: quiet + 1 } });
    run = await decided(decideCancel(run, { mode: 'graceful' }, quiet + 2));
    run = await decided(decideCancel(run, { mode: 'abort' }, quiet + 3));
    expect(run.control).toMatchObject({ kind: 'cancel', mode: 'abort' });
    expect((await both.apply(park(run, quiet + 4))).applied).toBe(false);
  });

  test('signals: kept, handed over, and one that does not come in time', async () => {
    const waiting = { ...readyNode, status: 'waiting' } as const;
    const path = (id: string) => id as NodeId;
    const both = alone({
      [path('approved')]: { ...waiting, signal: { name: 'approved', until: start + 5_000 } },
      [path('paid')]: { ...waiting, signal: { name: 'paid', until: start + 5_000 } },
    });
    await both.create();
    const send = async (run: Run, name: string, id: string) => {
      const came = receiveSignal(run, { name, id, payload: { text: '' } }, start);
      if (came.received !== 'write') throw new Error(came.received);
      return await both.mustApply(came.transition);
    };
    let run = await send(both.run, 'other', 's-1');
    run = await send(run, 'approved', 's-2');
    expect(run).toMatchObject({
      signals: [{ id: 's-1' }],
      signalIds: ['s-1', 's-2'],
      nodes: { approved: { status: 'ready', signal: { id: 's-2', payload: { text: '' } } } },
    });
    expect((await both.apply(timeOut(run, path('paid'), start + 4_999))).applied).toBe(false);
    expect((await both.apply(timeOut(run, path('approved'), start + 5_000))).applied).toBe(false);
    run = await both.mustApply(timeOut(run, path('paid'), start + 5_000));
    expect(run.nodes[path('paid')]).toMatchObject({ status: 'ready', signal: { timedOut: true } });
    // One that was kept beside a node that waits for it is handed over by whoever sees it.
    const opened = { ...waiting, signal: { name: 'other' } };
    run = await both.mustApply({
      name: 'test',
      key: run,
      guards: [],
      updates: [{ set: ['nodes', 'late'], value: opened }],
    });
    const handed = deliver(run, start + 6_000);
    if (!handed) throw new Error('it waits for what is there');
    run = await both.mustApply(handed.transition);
    expect(run.nodes[path('late')]).toMatchObject({ status: 'ready', signal: { id: 's-1' } });
    expect(run.signals).toBeUndefined();
  });

  test('a child run: waited for, and its end told once', async () => {
    const child = 'child-1' as RunId;
    const both = alone({ [node]: { ...readyNode, child: { run: child } } });
    await both.create();
    const held = await both.mustApply(claim(command(both.run, 'a'), start));
    const fence = { node, epoch: 1, nonce: 'a' as Nonce };
    const run = await both.mustApply(awaitChild(held, fence));
    expect(run.nodes[node]).not.toHaveProperty('lease');
    const end = { child, node, end: { status: 'succeeded', output: { text: '1' } } } as const;
    const told = notifyParent(run, end, start + 1);
    if (told.notified) throw new Error('it waits');
    const ready = await both.mustApply(told.transition);
    expect(ready.nodes[node]).toMatchObject({ status: 'ready', child: { status: 'succeeded' } });
    expect((await both.apply(told.transition)).applied).toBe(false);
    expect((await both.apply(awaitChild(held, fence))).applied).toBe(false);
  });

  test('a run with dependents: it ends, and leaves once they know', async () => {
    const [first, second] = ['b-1', 'a-2'] as RunId[] as [RunId, RunId];
    const both = alone();
    await both.create();
    let run = both.run;
    for (const dependent of [first, second]) {
      const attached = attach(run, dependent);
      if (attached.attach !== 'write') throw new Error(attached.attach);
      run = await both.mustApply(attached.transition);
    }
    expect(run.dependents).toEqual([second, first]);
    run = await both.mustApply(claim(command(run, 'a'), start));
    const succeeded = { status: 'succeeded', output: { text: '0' }, cached: false } as const;
    const fence = { node, epoch: 1, nonce: 'a' as Nonce };
    run = await both.mustApply(commit(run, fence, succeeded, taskCommit(start + 1, 1_700_000)).transition);
    expect(run).toMatchObject({ phase: 'ending', ended: 'succeeded' });
    expect((await both.apply(requestCancel(run, { mode: 'abort' }, start + 2))).applied).toBe(false);
    run = await both.mustApply(leave(run, 1_700_000));
    expect(run).toMatchObject({ phase: 'succeeded', at: start + 1, expires: 1_700_000 });
    expect(run).not.toHaveProperty('ended');
  });

  test('a run that waits for others: released by one, failed by the other', async () => {
    const [p, q] = ['p', 'q'] as RunId[] as [RunId, RunId];
    const both = alone(undefined, { waitsFor: [q, p], dependencies: { [p]: { as: 'first' }, [q]: {} } });
    await both.create();
    expect((await both.apply(claim(command(both.run, 'a'), start))).applied).toBe(false);
    const released = async (run: Run, end: DependencyEnd) => {
      const done = release(run, end, { now: start, expires: 1_700_000 });
      if (done.released) throw new Error('it waits');
      return await both.mustApply(done.transition);
    };
    const stored = (await both.apply({ name: 'test', key: both.run, guards: [], updates: [] })).run;
    if (!isReadable(stored)) throw new Error('it is there');
    const run = await released(stored, { run: p, status: 'succeeded', output: { text: '""' } });
    expect(run.waitsFor).toEqual([q]);
    expect(run.dependencies).toEqual({ [p]: { as: 'first', output: { text: '""' } }, [q]: {} });
    const failed = await released(run, { run: q, status: 'failed' });
    expect(failed).toMatchObject({
      phase: 'failed',
      failure: { code: 'DependencyFailed' },
      nodes: { task: { status: 'skipped' } },
    });
  });
});
