import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NodeId, RunId } from '../../lib/model/ids.ts';
import type { AwaitingNode, LoopingNode, Run, SucceededNode } from '../../lib/model/run.ts';
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

const base = { status: 'waiting', epoch: 0, attempt: 0, attemptsMax: 1, notBefore: start } as const;
const awaiting: AwaitingNode = { ...base, signal: { name: 'approved', until: start + 5 } };
const called: AwaitingNode = { ...base, child: { run: 'child-1' as RunId }, from: id('route') };

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
      [id('approved')]: awaiting,
      [id('ship')]: called,
      [id('late')]: { ...readyNode, signal: { name: 'late', until: start, timedOut: true } },
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
    const { [id('poll/a/~/b')]: _ended, [id('route')]: _left, ...others } = run.nodes;
    const nodes = {
      ...others,
      [id('poll')]: { ...looping, iteration: 4, output: { text: '8' } },
      [id('poll/check')]: opened,
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

  test('a signal that has come and a child that has ended are set in parts', async () => {
    const run = await created();
    const failure = { type: 'Error', message: '', attempt: 2 };
    const applied = await apply(
      run,
      { set: ['nodes', 'approved', 'signal', 'id'], value: 's-1' },
      { set: ['nodes', 'approved', 'signal', 'payload'], value: { text: 'true' } },
      { set: ['nodes', 'approved', 'status'], value: 'ready' },
      { set: ['nodes', 'ship', 'child', 'status'], value: 'failed' },
      { set: ['nodes', 'ship', 'child', 'failure'], value: failure },
      { set: ['nodes', 'route', 'input'], value: { pointer: 'input#1', bytes: 9_000 } },
      { remove: ['nodes', 'late', 'signal', 'until'] },
    );
    const nodes = {
      ...run.nodes,
      [id('approved')]: {
        ...awaiting,
        status: 'ready',
        signal: { name: 'approved', until: start + 5, id: 's-1', payload: { text: 'true' } },
      },
      [id('ship')]: { ...called, child: { run: 'child-1', status: 'failed', failure } },
      [id('route')]: { ...route, input: { pointer: 'input#1', bytes: 9_000 } },
      [id('late')]: { ...readyNode, signal: { name: 'late', timedOut: true } },
    };
    expect(applied).toEqual({ applied: true, run: { ...run, nodes } });
    expect(await stores.runs.get(run)).toEqual({ ...run, nodes });
  });

  test('what is missing inside of a node can be asked for', async () => {
    const run = await created();
    const asking = (is: 'present' | 'absent', ...path: string[]) =>
      stores.runs.apply({
        name: 'test',
        key: run,
        guards: [{ guard: 'test', is, path: ['nodes', ...path] }],
        updates: [],
      });
    expect((await asking('absent', 'ship', 'child', 'status')).applied).toBe(true);
    expect((await asking('present', 'ship', 'child', 'run')).applied).toBe(true);
    expect((await asking('present', 'ship', 'child', 'status')).applied).toBe(false);
    expect((await asking('absent', 'route', 'child', 'status')).applied).toBe(true);
    expect((await asking('absent', 'approved', 'signal', 'timedOut')).applied).toBe(true);
    expect((await asking('present', 'late', 'signal', 'timedOut')).applied).toBe(true);
  });

  test('signals are set as a list, and taken away', async () => {
    const run = await created();
    const signals = [
      { name: 'a', id: '1', payload: { text: '' } },
      { name: 'a', id: '2', payload: { pointer: 'p', bytes: 3_000 } },
    ];
    const buffered = await apply(
      run,
      { set: ['signals'], value: signals },
      { set: ['signalIds'], value: ['1', '2'] },
    );
    expect(buffered).toEqual({ applied: true, run: { ...run, signals, signalIds: ['1', '2'] } });
    const none = await apply(run, { set: ['signals'], value: [] });
    expect(none).toEqual({ applied: true, run: { ...run, signals: [], signalIds: ['1', '2'] } });
    const taken = await apply(run, { remove: ['signals'] });
    expect(taken).toEqual({ applied: true, run: { ...run, signalIds: ['1', '2'] } });
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
