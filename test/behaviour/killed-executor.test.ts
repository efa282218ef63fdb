import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import * as tasks from './tasks.ts';

let runtime: LocalRuntime;

// Real leases run out in here, on a machine that other suites keep busy.
vi.setConfig({ testTimeout: 120_000 });

beforeAll(async () => {
  runtime = await startLocal({
    tasks: fileURLToPath(new URL('./tasks.ts', import.meta.url)),
    port: 0,
    workers: 2,
    settings: { discoveryPeriod: '500ms' },
    functionTimeout: '6s',
  });
});
afterAll(() => runtime.close());

it("a killed executor's task is finished by another", async () => {
  const run = await runtime.client.submit(tasks.slow, { ms: 1_500 });
  await expect
    .poll(async () => (await runtime.client.get(run)).status, { interval: 20, timeout: 60_000 })
    .toBe('running');
  const { workerId } = await runtime.client.get(run);
  const pid = Number(workerId?.split('-').at(-1));
  expect(runtime.processes().executors).toContain(pid);
  process.kill(pid, 'SIGKILL');
  const finished = await runtime.client.wait(run, { timeout: '50s' });
  expect(finished).toMatchObject({
    status: 'succeeded',
    attempt: 2,
    output: { attempt: 2, fencingToken: 2 },
  });
  expect(finished.workerId).not.toBe(workerId);
});

it('a task of two to three times what its function may take goes on from its checkpoints, in one attempt', async () => {
  // As 40 minutes are to 15: 16 s of work in functions of 6 s, each of which hands back a fifth before its end.
  const run = await runtime.client.submit(tasks.counter, { pages: 160 });
  const finished = await runtime.client.wait(run, { timeout: '100s' });
  expect(finished).toMatchObject({ status: 'succeeded', attempt: 1, output: { pages: 160 } });
  const { from, holders } = (finished.status === 'succeeded' ? finished.output : {}) as {
    from: number;
    holders: number;
  };
  expect(from).toBeGreaterThan(20);
  expect(holders).toBeGreaterThanOrEqual(3);
});
