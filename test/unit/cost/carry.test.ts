import { describe, expect, it } from 'vitest';
import { carrySpent, spentOn } from '../../../lib/cost/carry.ts';
import { carrySubmission, unspent } from '../../../lib/cost/carry-submission.ts';
import { ComputeShare } from '../../../lib/cost/compute-share.ts';
import { readSpent } from '../../../lib/cost/spent-text.ts';
import { currentTab, onTab, Tab, withTab } from '../../../lib/cost/tab.ts';
import { nothing } from '../../../lib/cost/usage.ts';
import type { NodeId } from '../../../lib/model/ids.ts';
import { type Run, type RunNode, soleNode } from '../../../lib/model/run.ts';
import type { Transition, Update } from '../../../lib/model/transition.ts';
import { remove, set } from '../../../lib/protocol/guards.ts';
import { inNode, leasedNode, readyNode, sampleRun } from '../../support/sample-run.ts';

const oneUnit = { foresee: () => ({ table: 1, index: 0 }) };
const writing = (...updates: Update[]): { transition: Transition; dispatches: [] } => ({
  transition: { name: 'commit', key: sampleRun(), guards: [], updates },
  dispatches: [],
});
const ending = writing(set(inNode('status'), 'succeeded'));
const leased = (spent?: string): Run =>
  sampleRun({ nodes: { [soleNode]: { ...leasedNode, ...(spent !== undefined && { spent }) } } });
const told = ({ updates }: Transition) =>
  updates.filter(
    (update) => ('set' in update ? update.set : 'remove' in update ? update.remove : []).at(-1) === 'spent',
  );

describe('the write that ends an attempt', () => {
  it('says what its holder has asked for, and what it asks for itself', () => {
    const tab = new Tab();
    tab.add({ writes: 1, tableUnits: 1, sqsRequests: 0.2 });
    const { transition } = withTab(tab, () => carrySpent(oneUnit, leased(), soleNode, ending));
    expect(transition.updates).toEqual([...ending.transition.updates, set(inNode('spent'), 'w2q504')]);
  });

  it('foresees what comes with it: its size, the index, doorbells ten at a time, what else is to follow', () => {
    const store = { foresee: () => ({ table: 3, index: 2 }) };
    const write = {
      ...ending,
      dispatches: Array.from({ length: 11 }) as never[],
      later: { reads: 1, readUnits: 1 },
    };
    const { transition } = onTab({}, () => carrySpent(store, leased(), soleNode, write));
    expect(told(transition)).toEqual([set(inNode('spent'), 'w1t3i2r1q5040')]);
  });

  it('adds to what earlier attempts told', () => {
    const { transition } = onTab({ writes: 1, tableUnits: 1 }, () =>
      carrySpent(oneUnit, leased('w2q504'), soleNode, ending),
    );
    expect(told(transition)).toEqual([set(inNode('spent'), 'w4q504')]);
  });

  it('says nothing where it is the usual step, and leaves the difference to the next', () => {
    const tab = new Tab();
    withTab(tab, () => {
      const first = carrySpent(oneUnit, leased(), soleNode, ending);
      expect(told(first.transition)).toEqual([]);
      tab.add({ writes: 1, tableUnits: 2 });
      first.paid();
      expect(tab.sum).toEqual({ ...nothing, tableUnits: 1 });
      expect(told(carrySpent(oneUnit, leased(), soleNode, ending).transition)).toEqual([
        set(inNode('spent'), 'w1t2'),
      ]);
    });
  });

  it('pays for what was refused with the write that is made instead', () => {
    const tab = new Tab();
    withTab(tab, () => {
      carrySpent(oneUnit, leased(), soleNode, ending);
      tab.add({ writes: 1, tableUnits: 1 });
      const { paid, transition } = carrySpent(oneUnit, leased(), soleNode, ending);
      expect(told(transition)).toEqual([set(inNode('spent'), 'w2')]);
      tab.add({ writes: 1, tableUnits: 1 });
      paid();
      expect(tab.sum).toEqual(nothing);
    });
  });

  it('is as it was where nobody counts, or nothing is billed', () => {
    for (const carried of [
      carrySpent(oneUnit, leased(), soleNode, ending),
      onTab({ writes: 9 }, () => carrySpent({}, leased(), soleNode, ending)),
    ]) {
      expect(carried.transition).toBe(ending.transition);
      carried.paid();
    }
  });

  it('gives a loop what its iteration took, where the nodes of its body go', () => {
    const [loop, a, b] = ['rounds', 'rounds/a', 'rounds/b'] as NodeId[];
    const ended = { ...leasedNode, status: 'succeeded', endedAt: 2 } as unknown as RunNode;
    const run = sampleRun({
      nodes: {
        [String(loop)]: { ...readyNode, status: 'waiting', iteration: 1, spent: 'w5q2520' } as never,
        [String(a)]: ended,
        [String(b)]: { ...leasedNode, spent: 'w3' },
      },
    });
    const round = writing(
      set(['nodes', String(loop), 'iteration'], 2),
      remove(['nodes', String(b)]),
      set(['nodes', String(a)], readyNode),
      set(['nodes', 'rounds/new'], readyNode),
    );
    const { transition } = onTab({ reads: 1, readUnits: 1 }, () =>
      carrySpent(oneUnit, run, b as NodeId, round),
    );
    // The loop's own, one of a that says nothing, three of b's earlier attempts, and this write.
    expect(told(transition)).toEqual([set(['nodes', String(loop), 'spent'], 'w10r1q2520')]);
  });

  it('takes back what a node said, where it comes to the usual after all', () => {
    const { transition } = onTab({ writes: -1, tableUnits: -1 }, () =>
      carrySpent(oneUnit, leased('w1'), soleNode, ending),
    );
    expect(told(transition)).toEqual([remove(inNode('spent'))]);
  });
});

describe('what was spent on a node', () => {
  const node = (over: object) => ({ ...leasedNode, ...over }) as RunNode;

  it.each([
    ['what it says', node({ spent: 'w3' }), 3],
    ['one write, where it has ended and says nothing', node({ status: 'succeeded', endedAt: 1 }), 1],
    ['the same of one that failed', node({ status: 'failed', endedAt: 1 }), 1],
    ['nothing yet', node({}), 0],
    ['nothing, where it never began', { ...readyNode, status: 'skipped', endedAt: 1 } as RunNode, 0],
    [
      'nothing of a loop that never went round',
      { ...readyNode, status: 'succeeded', endedAt: 1 } as RunNode,
      0,
    ],
  ])('%s', (_what, given, writes) => {
    expect(spentOn(given)).toEqual({ ...nothing, writes, tableUnits: writes });
  });
});

describe('a submission', () => {
  const creation = { name: 'submit', run: sampleRun() } as const;
  const put = { foresee: () => ({ table: 1, index: 1 }) };

  it('says nothing where it is one small put and one message, or nothing is billed', () => {
    expect(carrySubmission(put, creation, { tab: new Tab(), messages: 1 })).toBe(creation);
    expect(carrySubmission({}, creation, { tab: new Tab(), messages: 7 })).toBe(creation);
  });

  it.each([
    ['a large input', { s3Puts: 1 }, { messages: 1 }, 'w1i1q2520p1'],
    ['no message', {}, { messages: 0 }, 'w1i1'],
    ['a transaction', {}, { messages: 0.1, transaction: { index: 3 } }, 'w1t2i1q252'],
  ])('says of %s', (_what, before, over, text) => {
    const tab = new Tab();
    tab.add(before);
    expect(carrySubmission(put, creation, { tab, ...over }).run.spent).toBe(text);
  });

  it('has the first of those that are counted pay for the count', () => {
    const counted = { ...creation, run: sampleRun({ counted: true }) };
    const spent = [0, 1].map(
      (index) =>
        carrySubmission(put, counted, { tab: new Tab(), messages: 1, transaction: { index } }).run.spent,
    );
    expect(spent).toEqual(['w2t4i1q2520', 'w1t2i1q2520']);
  });

  it('is weighed with what it says', () => {
    const growing = { foresee: ({ spent }: Run) => ({ table: spent === undefined ? 1 : 2, index: 1 }) };
    const { run } = carrySubmission(growing, creation, { tab: new Tab(), messages: 0 });
    expect(run.spent).toBe('w1t2i1');
  });

  it('begins anew where a run goes on from another', () => {
    const [done, open] = ['done', 'open'] as NodeId[];
    const ended = { ...leasedNode, status: 'succeeded', endedAt: 1, spent: 'w7' } as unknown as RunNode;
    const run = sampleRun({
      spent: 'w1i1',
      nodes: { [String(done)]: ended, [String(open)]: { ...readyNode, spent: 'w9' } },
    });
    const next = unspent(run);
    expect(next.spent).toBeUndefined();
    expect(next.nodes).toEqual({ done: ended, open: readyNode });
  });
});

describe('the time of a function', () => {
  it('is shared by those that are at work', async () => {
    let now = 5_000;
    const shared = new ComputeShare(() => now, 2, 'armGigabyteSeconds');
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const seen: (number | undefined)[] = [];
    const work = (at: number) =>
      shared.during({ sqsRequests: 0.5 }, async () => {
        await gates[at]?.promise;
        seen[at] = currentTab()?.sum.armGigabyteSeconds;
      });
    const first = work(0);
    now += 1_000;
    const second = work(1);
    now += 1_000;
    gates[0]?.resolve();
    await first;
    now += 3_000;
    gates[1]?.resolve();
    await second;
    expect(seen).toEqual([2 + 1, 1 + 6]);
  });

  it('that nobody works in is nobody’s', async () => {
    let now = 0;
    const shared = new ComputeShare(() => now, 1, 'x86GigabyteSeconds');
    await shared.during({}, async () => {});
    now += 60_000;
    const seconds = await shared.during({}, async () => {
      now += 500;
      return currentTab()?.sum.x86GigabyteSeconds;
    });
    expect(seconds).toBe(0.5);
    expect(readSpent('x512000').x86GigabyteSeconds).toBe(seconds);
  });
});
