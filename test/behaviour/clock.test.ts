import { afterAll, beforeAll, expect, it } from 'vitest';
import { directClient } from '../../lib/client/direct-client.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { noTenant, type RunId } from '../../lib/model/ids.ts';
import { type LyingServer, startLyingServer } from '../support/lying-server.ts';
import { deafQueue, Workbench } from '../support/workbench.ts';
import * as tasks from './tasks.ts';

let runtime: LocalRuntime;
let server: LyingServer;

beforeAll(async () => {
  // These tests deliver every message themselves.
  runtime = await startLocal({ tasks, port: 0, settings: { discoveryPeriod: '1h' } });
  server = await startLyingServer(runtime.endpoints.dynamodb);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await runtime.close();
});

/** A worker on the table by way of the server that lies, and a run for it. */
async function start(settings = {}) {
  const bench = new Workbench({ ...runtime.env, AWS_ENDPOINT_URL_DYNAMODB: server.url }, tasks, { settings });
  const run = await directClient({ ...bench.clientPorts, queue: deafQueue }).submit(tasks.echo, 'hello');
  const executor = bench.executor('worker');
  const { clockOffset, runs } = bench.composition;
  const key = { tenant: noTenant, run: run.id as RunId };
  return {
    clockOffset,
    execute: () => bench.execute(executor, run),
    /** Asks the store for anything, a refused write among it. */
    ask: () => runs.get(key),
    stored: () => runs.get(key),
  };
}

it.each([4_000, -4_000, 3_600_000])(
  'a worker %d ms off the store claims nothing, and then it does',
  async (lieMs) => {
    server.lieMs = lieMs;
    const { ask, clockOffset, execute, stored } = await start();
    await ask();
    await ask();
    expect(await execute()).toMatchObject({ verdict: 'defer', because: 'ClockOff' });
    const offset = clockOffset.read()?.ms ?? 0;
    expect(Math.abs(offset - lieMs)).toBeLessThan(1_000);
    expect(await stored()).toMatchObject({ epoch: 0 });
    server.lieMs = 0;
    // The refusal itself asks, and hears that the clocks agree.
    expect(await execute()).toMatchObject({ because: 'ClockOff' });
    expect(await execute()).toMatchObject({ because: 'succeeded' });
  },
);

it('one answer that lies changes nothing, the first or a later one', async () => {
  server.lieMs = 3_600_000;
  server.liesLeft = 1;
  expect(await (await start()).execute()).toMatchObject({ because: 'succeeded' });
  const { ask, clockOffset, execute } = await start();
  for (let time = 0; time < 3; time++) await ask();
  server.liesLeft = 1;
  await ask();
  expect(clockOffset.read()).toMatchObject({ answers: 1 });
  expect(await execute()).toMatchObject({ because: 'succeeded' });
  server.liesLeft = Number.POSITIVE_INFINITY;
});

it('answers without a date say nothing', async () => {
  server.lieMs = undefined;
  const { ask, clockOffset, execute } = await start();
  for (let time = 0; time < 4; time++) await ask();
  expect(clockOffset.read()).toBeUndefined();
  expect(await execute()).toMatchObject({ because: 'succeeded' });
});

it('the dates of refusals count, too', async () => {
  server.lieMs = -10_000;
  const { clockOffset, execute } = await start({ clockTolerance: '1d' });
  await execute();
  const { answers = 0 } = clockOffset.read() ?? {};
  // The node is no longer ready: the claim is refused by its condition.
  expect(await execute()).toMatchObject({ because: 'Finished' });
  expect(clockOffset.read()?.answers).toBeGreaterThan(answers);
});
