import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directClient } from '../../lib/client/direct-client.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { soleNode } from '../../lib/model/run.ts';
import { VirtualClock } from '../../lib/testing/virtual-clock.ts';
import { aheadBy, deafQueue, Workbench } from '../support/workbench.ts';
import * as tasks from './tasks.ts';

let runtime: LocalRuntime;
let bench: Workbench;

beforeAll(async () => {
  // The schedule must not interfere: these tests deliver every message themselves.
  runtime = await startLocal({ tasks, port: 0, settings: { discoveryPeriod: '1h' } });
  bench = new Workbench(runtime.env, tasks);
});
afterAll(() => runtime.close());

const submit = (input: { ms: number }) =>
  directClient({ ...bench.clientPorts, queue: deafQueue }).submit(tasks.slow, input);

describe('on the real store', () => {
  it('20 contenders for one task: one holds it, the others get "not yours" as a value', async () => {
    const run = await submit({ ms: 300 });
    const contenders = Array.from({ length: 20 }, (_, n) => bench.executor(`contender-${n}`));
    const verdicts = await Promise.all(contenders.map((executor) => bench.execute(executor, run)));
    const because = verdicts.map((verdict) => verdict.because).sort();
    expect(because).toEqual([...Array(19).fill('Leased'), 'succeeded']);
    const stored = await bench.composition.runs.get({ tenant: '-' as never, run: run.id as never });
    expect(stored).toMatchObject({ epoch: 1, nodes: { [soleNode]: { attempt: 1, status: 'succeeded' } } });
  });

  it('a task of three times its lease completes with one start', async () => {
    const run = await submit({ ms: 3_100 });
    const holder = bench.execute(bench.executor('holder'), run);
    await pause(2_000);
    expect(await bench.execute(bench.executor('late'), run)).toMatchObject({ because: 'Leased' });
    expect(await holder).toMatchObject({ because: 'succeeded' });
    expect(await runtime.client.result(run)).toEqual({ workerId: 'holder', attempt: 1, fencingToken: 1 });
  });

  it('a stale owner is taken over, and its commit refused', async () => {
    const run = await submit({ ms: 200 });
    // Its timers never fire: a process that stopped renewing, but still finishes its work.
    const frozen = new VirtualClock(bench.composition.clock.now());
    const stale = bench.execute(bench.executor('stale', { clock: frozen }), run);
    await expect
      .poll(async () => (await runtime.client.get(run)).status, { interval: 10, timeout: 10_000 })
      .toBe('running');
    const heir = bench.executor('heir', { clock: aheadBy(10_000, bench.composition.clock) });
    const [late, taken] = await Promise.all([stale, bench.execute(heir, run)]);
    expect([late.because, taken.because]).toEqual(['lost', 'succeeded']);
    const finished = await runtime.client.wait(run);
    expect(finished).toMatchObject({ output: { workerId: 'heir', attempt: 2, fencingToken: 2 } });
  });

  it('a redelivered message of a finished task starts nothing', async () => {
    const run = await submit({ ms: 1 });
    await bench.execute(bench.executor('first'), run);
    expect(await bench.execute(bench.executor('second'), run)).toMatchObject({ because: 'Finished' });
    expect(await runtime.client.result(run)).toMatchObject({ workerId: 'first' });
  });

  it('a message of a run that is not there writes nothing', async () => {
    const verdict = await bench.execute(bench.executor('any'), {
      id: 'missing',
      hash: (await submit({ ms: 1 })).hash,
    });
    expect(verdict).toEqual({ verdict: 'acknowledge', because: 'ContextNotFound' });
    const key = { tenant: '-' as never, run: 'missing' as never };
    expect(await bench.composition.runs.get(key)).toBeUndefined();
  });
});
