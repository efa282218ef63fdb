import { setTimeout as pause } from 'node:timers/promises';
import { type Body, defineTask, defineWorkflow, type Task } from 'holdfast';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';

const width = 64;

const square = defineTask({ name: 'square', input: z.number(), run: (n: number) => n * n });
const patient = defineTask({
  name: 'patient',
  input: z.number(),
  run: async (n: number, ctx) => {
    await pause(60_000, undefined, { signal: ctx.signal });
    return n;
  },
});
const picky = defineTask({
  name: 'picky',
  input: z.number(),
  retry: { maxAttempts: 1 },
  run: (n: number) => {
    if (n === 40) throw new Error('not forty');
    return n;
  },
});

/** As many branches as can be: what names them all in one write must fit into it. */
function wide<Name extends string>(name: Name, task: Task<number, number>) {
  const body =
    (index: number): Body<number, number> =>
    (b) =>
      b.map('plus', (n) => n + index).step(task, { id: 'work' });
  const branches = Object.fromEntries(
    Array.from({ length: width }, (_, index) => [`b${index}`, body(index)]),
  );
  return defineWorkflow(name, { input: z.number() })
    .fork(branches)
    .join('sum', (outputs) => Object.values(outputs).reduce((sum, n) => sum + n, 0))
    .build();
}

const squares = wide('squares', square);
const patients = wide('patients', patient);
const pickies = wide('pickies', picky);

let runtime: LocalRuntime;
beforeAll(async () => {
  runtime = await startLocal({ tasks: { squares, patients, pickies }, port: 0, settings: { lease: '3s' } });
});
afterAll(() => runtime.close());

describe(`a fork of ${width}`, () => {
  it('joins all of them', async () => {
    const run = await runtime.client.submit(squares, 1);
    const expected = Array.from({ length: width }, (_, index) => (index + 1) ** 2).reduce((a, b) => a + b);
    expect(await runtime.client.result(run, { timeout: '60s' })).toBe(expected);
    expect((await runtime.client.get(run)).nodes).toHaveLength(2 * width + 1);
  });

  it('fails with the first that fails', async () => {
    const run = await runtime.client.submit(pickies, 0);
    const ended = await runtime.client.wait(run, { timeout: '60s' });
    expect(ended).toMatchObject({ status: 'failed', error: { message: 'not forty' } });
  });

  it('is cancelled as a whole', async () => {
    const run = await runtime.client.submit(patients, 0);
    while ((await runtime.client.get(run)).status !== 'running') await pause(20);
    await runtime.client.cancel(run, { mode: 'abort' });
    expect(await runtime.client.wait(run, { timeout: '60s' })).toMatchObject({ status: 'cancelled' });
    const open = (await runtime.client.get(run)).nodes?.filter(({ status }) => status === 'running');
    expect(open).toEqual([]);
  });
});
