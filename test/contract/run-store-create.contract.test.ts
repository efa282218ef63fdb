import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NodeId, RunId, TenantId } from '../../lib/model/ids.ts';
import { leasedNode, readyNode, sampleRun } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';

describe.each(storeSubjects())('RunStore.create and get: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  test('a run that was absent is created and comes back as it was given', async () => {
    const run = sampleRun();
    expect(await stores.runs.create({ name: 'submit', run })).toEqual({ applied: true, run });
    expect(await stores.runs.get(run)).toEqual(run);
  });

  test('a run that is present stays as it is and comes back instead', async () => {
    const run = sampleRun({ submission: 'first' });
    await stores.runs.create({ name: 'submit', run });
    const second = await stores.runs.create({ name: 'submit', run: { ...run, submission: 'second' } });
    expect(second).toEqual({ applied: false, run });
    expect(await stores.runs.get(run)).toEqual(run);
  });

  test('of 20 that create the same run at once exactly one does', async () => {
    const run = sampleRun();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        stores.runs.create({ name: 'submit', run: { ...run, submission: `by-${index}` } }),
      ),
    );
    const winners = outcomes.filter((outcome) => outcome.applied);
    expect(winners).toHaveLength(1);
    for (const outcome of outcomes) expect(outcome.run).toEqual(winners[0]?.run);
  });

  test('every optional property survives', async () => {
    const run = sampleRun({
      nodes: {
        ...{ a: { ...leasedNode, progress: '50', checkpoint: { text: '1' }, failure: aFailure } },
        ...{ b: { ...ended, status: 'succeeded', output: { pointer: 'b#1', bytes: 2_000 }, cached: true } },
        ...{ c: { ...ended, status: 'failed', failure: aFailure } },
        ...{ d: { ...ended, status: 'cancelled' } },
        ...{ e: { ...ended, status: 'skipped' } },
        ...{ f: { ...readyNode, input: { text: '"edited"' } } },
      },
      control: { kind: 'cancel', mode: 'abort', reason: 'because', by: 'me', since: 1 },
      tags: ['eu', 'gpu'],
      priority: 'high',
      idempotencyKey: 'key',
      resumed: { reason: 'go on', by: 'me', since: 2 },
      ended: 'failed',
      failure: aFailure,
      signals: [
        { name: 'approved', id: 's-1', payload: { text: 'true' } },
        { name: 'approved', id: 's-2', payload: { pointer: 'signal#s-2', bytes: 2_000 } },
      ],
      signalIds: ['s-1', 's-2', '__proto__'],
      waitsFor: ['run-a', 'run-b'] as RunId[],
      dependents: ['run-c'] as RunId[],
      dependencies: {
        ['run-a' as RunId]: { as: 'first' },
        ['run-b' as RunId]: {},
        ['run.c~d-e' as RunId]: { output: { text: '""' } },
      },
      onDependencyFailure: 'skip',
      parent: { run: 'parent' as RunId, node: 'order/pay' as NodeId },
      retryOf: 'run-0' as RunId,
      timeoutMs: 1_500,
      traceparent: '00-1-1-01',
      endedAt: 5,
      expires: 6,
    });
    await stores.runs.create({ name: 'submit', run });
    expect(await stores.runs.get(run)).toEqual(run);
  });

  test.each(['active', 'ending', 'paused', 'succeeded', 'failed', 'cancelled', 'skipped'] as const)(
    'a run may be %s from its first moment',
    async (phase) => {
      const run = sampleRun({ phase });
      await stores.runs.create({ name: 'submit', run });
      expect(await stores.runs.get(run)).toEqual(run);
    },
  );

  test('the same id in two tenants is two runs', async () => {
    const [a, b] = ['tenant-a', 'tenant-b'].map((tenant) =>
      sampleRun({ tenant: tenant as TenantId, run: 'same' as RunId, submission: tenant }),
    );
    if (!a || !b) throw new Error('two runs');
    await stores.runs.create({ name: 'submit', run: a });
    expect(await stores.runs.create({ name: 'submit', run: b })).toEqual({ applied: true, run: b });
    expect(await stores.runs.get(a)).toEqual(a);
  });

  test('a run that is not there is undefined', async () => {
    expect(await stores.runs.get(sampleRun())).toBeUndefined();
  });

  test('getMany gives those that are there, whatever the order, each once', async () => {
    const runs = Array.from({ length: 30 }, () => sampleRun());
    await Promise.all(runs.map((run) => stores.runs.create({ name: 'submit', run })));
    const missing = Array.from({ length: 70 }, () => sampleRun());
    const found = await stores.runs.getMany([...missing, ...runs]);
    const byId = (a: { run: string }, b: { run: string }) => (a.run < b.run ? -1 : 1);
    expect([...found].sort(byId)).toEqual([...runs].sort(byId));
    expect(await stores.runs.getMany([])).toEqual([]);
    expect(await stores.runs.getMany(missing)).toEqual([]);
  });
});

const aFailure = { type: 'TypeError', message: 'no', code: 'Oops', attempt: 1, worker: 'w' };
const ended = { epoch: 1, attempt: 1, attemptsMax: 3, notBefore: 0, startedAt: 1, endedAt: 2 };
