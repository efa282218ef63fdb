import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NodeId } from '../../lib/model/ids.ts';
import type { LoopingNode, Run, SucceededNode } from '../../lib/model/run.ts';
import type { Update } from '../../lib/model/transition.ts';
import { leasedNode, readyNode, sampleRun, start } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';

const id = (path: string) => path as NodeId;

const looping: LoopingNode = {
  status: 'waiting',
  epoch: 2,
  attempt: 0,
  attemptsMax: 0,
  notBefore: start,
  iteration: 3,
  output: { text: '7' },
};
const ender: SucceededNode = {
  ...readyNode,
  status: 'succeeded',
  epoch: 4,
  attempt: 1,
  endedAt: start + 1,
  output: { text: '' },
  from: id('validate'),
  ends: { fork: id('confirm'), branch: 'payment', of: 2 },
};
const route: SucceededNode = {
  ...readyNode,
  status: 'succeeded',
  attempt: 1,
  endedAt: start,
  decision: 'express',
};

const tree = (): Run =>
  sampleRun({
    kind: 'workflow',
    hasHistory: true,
    nodes: {
      [id('poll')]: looping,
      [id('poll/check')]: { ...leasedNode, from: id('poll'), pool: 'gpu', priority: 'high' },
      [id('poll/a/~/b')]: { ...readyNode, from: id('poll/a') },
      [id('route')]: route,
      [id('confirm/payment/charge')]: ender,
    },
  });

const subjects = storeSubjects();

describe.each(subjects)('RunStore with trees of nodes: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  const created = async (): Promise<Run> => {
    const run = tree();
    await stores.runs.create({ name: 'submit', run });
    return run;
  };
  const apply = (run: Run, ...updates: Update[]) =>
    stores.runs.apply({ name: 'test', key: run, guards: [], updates });

  test('every form of a node comes back as it is', async () => {
    const run = await created();
    expect(await stores.runs.get(run)).toEqual(run);
  });

  test('a node goes without those whose paths begin alike', async () => {
    const run = await created();
    const { [id('poll')]: _gone, ...left } = run.nodes;
    const applied = await apply(run, { remove: ['nodes', 'poll'] });
    expect(applied).toEqual({ applied: true, run: { ...run, nodes: left } });
  });

  test('an iteration ends: its nodes go, others come, the loop counts on, in one write', async () => {
    const run = await created();
    const opened = { ...readyNode, epoch: 5, from: id('poll') };
    const applied = await apply(
      run,
      { set: ['nodes', 'poll', 'iteration'], value: 4 },
      { set: ['nodes', 'poll', 'output'], value: { text: '8' } },
      { remove: ['nodes', 'poll/a/~/b'] },
      { remove: ['nodes', 'route'] },
      { set: ['nodes', 'poll/check'], value: opened },
    );
    const nodes = {
      [id('poll')]: { ...looping, iteration: 4, output: { text: '8' } },
      [id('poll/check')]: opened,
      [id('confirm/payment/charge')]: ender,
    };
    expect(applied).toEqual({ applied: true, run: { ...run, nodes } });
  });

  test('the mark of an ended branch is taken off, and a missing part is no obstacle', async () => {
    const run = await created();
    const { ends: _ends, ...plain } = ender;
    const applied = await apply(
      run,
      { remove: ['nodes', 'confirm/payment/charge', 'ends'] },
      { remove: ['nodes', 'route', 'failure'] },
      { remove: ['nodes', 'never-was'] },
    );
    const nodes = { ...run.nodes, [id('confirm/payment/charge')]: plain };
    expect(applied).toEqual({ applied: true, run: { ...run, nodes } });
  });

  test('a guard on a node that is not there fails as a value', async () => {
    const run = await created();
    const refused = await stores.runs.apply({
      name: 'test',
      key: run,
      guards: [{ guard: 'test', is: '=', path: ['nodes', 'gone', 'status'], value: 'running' }],
      updates: [{ set: ['nodes', 'poll', 'iteration'], value: 9 }],
    });
    expect(refused).toEqual({ applied: false, run });
  });
});

// MiniStack takes what DynamoDB refuses: there is nothing to see there.
const refusing = subjects.slice(1).filter(({ name }) => name !== 'ministack');

describe.each(refusing)('paths inside of one another in one write: $name', ({ open }) => {
  test.each<[string, Update[]]>([
    [
      'a node and its part',
      [{ set: ['nodes', 'route'], value: readyNode }, { remove: ['nodes', 'route', 'failure'] }],
    ],
    ['the same node twice', [{ remove: ['nodes', 'route'] }, { set: ['nodes', 'route'], value: readyNode }]],
  ])('%s: the store refuses it loudly and changes nothing', async (_what, updates) => {
    const stores = await open();
    const run = tree();
    await stores.runs.create({ name: 'submit', run });
    const write = stores.runs.apply({ name: 'test', key: run, guards: [], updates });
    await expect(write).rejects.toThrow();
    expect(await stores.runs.get(run)).toEqual(run);
    await stores.close();
  });
});
