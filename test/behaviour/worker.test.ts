import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { WorkerView } from '../../lib/client/run-view.ts';
import { writeEnvFile } from '../../lib/local/env-file.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { Worker } from '../../lib/worker/index.ts';
import { WorkerProcess, workerCommand } from '../support/worker-process.ts';
import * as tasks from './worker-tasks.ts';

const file = fileURLToPath(new URL('./worker-tasks.ts', import.meta.url));

// Processes start in here, on a machine that other suites keep busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const patience = { timeout: 60_000, interval: 50 };

let runtime: LocalRuntime;
beforeAll(async () => {
  runtime = await startLocal({
    tasks: file,
    port: 0,
    workers: 0,
    settings: { discoveryPeriod: '500ms', heartbeat: '200ms', workerExpiry: '3s', lease: '2s' },
  });
});
afterAll(() => runtime.close());

/** Starts a worker and waits until it says that it is ready. */
async function start(id: string, ...options: string[]): Promise<WorkerProcess> {
  const { env } = runtime;
  const worker = new WorkerProcess(workerCommand(file, '--id', id, ...options), env);
  await worker.says(`holdfast worker ready ${id}\n`);
  return worker;
}

/** What the API shows of the workers whose ids begin so. */
async function workers(prefix: string): Promise<WorkerView[]> {
  const answer = await fetch(`${runtime.url}/workers`);
  const { workers } = (await answer.json()) as { workers: WorkerView[] };
  return workers.filter(({ id }) => id.startsWith(prefix));
}

async function untilHeld(id: string): Promise<void> {
  await expect.poll(async () => (await runtime.client.get(id)).status, patience).toBe('running');
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

test('three workers share ten tasks: all are done, every worker is used, the statistics add up', async () => {
  const ids = ['share-1', 'share-2', 'share-3'];
  const started = await Promise.all(ids.map((id) => start(id, '--max-parallel', '1')));
  const submitting = Array.from({ length: 10 }, () => runtime.client.submit(tasks.work, { ms: 500 }));
  const runs = await Promise.all(submitting);
  const results = await Promise.all(runs.map((run) => runtime.client.result(run, { timeout: '60s' })));
  expect(new Set(results.map(({ workerId }) => workerId))).toEqual(new Set(ids));
  expect(results.map(({ most }) => most)).toEqual(results.map(() => 1));
  const counted = Map.groupBy(results, ({ workerId }) => workerId);
  const expected = ids.map((id) => ({ id, succeeded: counted.get(id)?.length, failed: 0, running: 0 }));
  await expect
    .poll(async () => (await workers('share-')).toSorted((a, b) => (a.id < b.id ? -1 : 1)), patience)
    .toMatchObject(expected.map((one) => ({ ...one, kind: 'process', pool: 'default', status: 'healthy' })));
  const seen = await workers('share-');
  expect(sum(seen.map(({ succeeded }) => succeeded))).toBe(10);
  for (const { averageMs } of seen) expect(averageMs).toBeGreaterThanOrEqual(400);
  for (const worker of started) worker.kill('SIGTERM');
  expect(await Promise.all(started.map(({ exited }) => exited))).toEqual(ids.map(() => [0, null]));
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s during a task: it is finished, nothing further is begun, the heartbeat stops, exit 0',
  async (signal) => {
    const worker = await start(`end-${signal}`);
    const run = await runtime.client.submit(tasks.work, { ms: 4_000 });
    await untilHeld(run.id);
    worker.kill(signal);
    await worker.says('"worker ends"');
    const later = await runtime.client.submit(tasks.work, { ms: 1 });
    expect(await worker.exited).toEqual([0, null]);
    expect(await runtime.client.get(run)).toMatchObject({ status: 'succeeded', attempt: 1 });
    expect((await runtime.client.get(later)).status).toBe('ready');
    const [before] = await workers(`end-${signal}`);
    expect(before).toMatchObject({ status: 'stopped', running: 0, succeeded: 1 });
    expect(worker.output).toBe(`holdfast worker ready end-${signal}\n`);
    const next = await start(`after-${signal}`);
    await runtime.client.result(later, { timeout: '60s' });
    expect(await workers(`end-${signal}`)).toEqual([before]);
    next.kill('SIGTERM');
    expect(await next.exited).toEqual([0, null]);
  },
);

test('after the drain time the task is handed back, and another finishes it with its first attempt', async () => {
  const first = await start('drain-1', '--drain-seconds', '1');
  const run = await runtime.client.submit(tasks.stays, {});
  await untilHeld(run.id);
  first.kill('SIGTERM');
  expect(await first.exited).toEqual([0, null]);
  expect(await runtime.client.get(run)).toMatchObject({ status: 'ready', attempt: 0 });
  const second = await start('drain-2');
  expect(await runtime.client.result(run, { timeout: '60s' })).toEqual({ attempt: 1, workerId: 'drain-2' });
  expect(await workers('drain-1')).toMatchObject([{ status: 'stopped', failed: 0 }]);
  second.kill('SIGTERM');
  await second.exited;
});

test('a busy loop on a thread costs neither its lease nor the end of its worker', async () => {
  // Longer than the lease and the grace after it: a lost lease would be taken over meanwhile, by attempt 2.
  const spin = (id: string) => start(id, '--drain-seconds', '9');
  const both = new Map([
    ['spin-1', await spin('spin-1')],
    ['spin-2', await spin('spin-2')],
  ]);
  const run = await runtime.client.submit(tasks.spins, {});
  await untilHeld(run.id);
  const holder = both.get((await runtime.client.get(run)).workerId ?? '');
  holder?.kill('SIGTERM');
  expect(await holder?.exited).toEqual([0, null]);
  expect(await runtime.client.result(run, { timeout: '60s' })).toEqual({ attempt: 1, onThread: true });
  for (const worker of both.values()) worker.kill('SIGTERM');
  for (const { exited } of both.values()) expect(await exited).toEqual([0, null]);
});

test('beside a client it begins what that submits, without a message, and what others send as well', async () => {
  await using worker = new Worker(file, { env: { ...process.env, ...runtime.env } })
    .id('beside')
    .maxParallel(1)
    .spawn();
  await worker.ready;
  const sends = () => runtime.requestCounts()['sqs:SendMessageBatch'] ?? 0;
  const before = sends();
  for (let n = 0; n < 5; n += 1) {
    const run = await runtime.client.submit(tasks.work, { ms: 1 });
    expect(await runtime.client.result(run, { timeout: '60s' })).toMatchObject({ workerId: 'beside' });
  }
  expect(sends() - before).toBe(0);
  // More than it has room for at once.
  const runs = await Promise.all(
    Array.from({ length: 8 }, () => runtime.client.submit(tasks.work, { ms: 200 })),
  );
  const results = await Promise.all(runs.map((run) => runtime.client.result(run, { timeout: '60s' })));
  expect(results.map(({ most }) => most)).toEqual(results.map(() => 1));
  expect(sends() - before).toBeGreaterThan(0);
});

describe('signals', () => {
  test('the second hands back at once what the first left time', async () => {
    const worker = await start('twice', '--drain-seconds', '3600');
    const run = await runtime.client.submit(tasks.stays, {});
    await untilHeld(run.id);
    worker.kill('SIGTERM');
    await worker.says('"worker ends"');
    worker.kill('SIGINT');
    expect(await worker.exited).toEqual([0, null]);
    expect(await runtime.client.get(run)).toMatchObject({ status: 'ready', attempt: 0 });
    expect(await workers('twice')).toMatchObject([{ status: 'stopped' }]);
    await runtime.client.cancel(run);
  });

  test('the third ends it anyhow', async () => {
    const { env } = runtime;
    const command = workerCommand(file, '--id', 'thrice', '--drain-seconds', '3600');
    const worker = new WorkerProcess(command, { ...env, HOLDFAST_ABORT_GRACE: '1m' });
    await worker.says('ready');
    const run = await runtime.client.submit(tasks.deaf, {});
    await untilHeld(run.id);
    worker.kill('SIGTERM');
    await worker.says('"worker ends"');
    worker.kill('SIGINT');
    await worker.says('"what runs is handed back"');
    worker.kill('SIGTERM');
    expect(await worker.exited).toEqual([130, null]);
    await runtime.client.cancel(run, { mode: 'abort' });
  });
});

test('kill -9: it is shown as lost after its expiry, and its task is finished elsewhere', async () => {
  const killed = await start('killed');
  const run = await runtime.client.submit(tasks.stays, {});
  await untilHeld(run.id);
  killed.kill('SIGKILL');
  expect(await killed.exited).toEqual([null, 'SIGKILL']);
  const other = await start('survivor');
  await expect.poll(async () => (await workers('killed'))[0]?.status, patience).toBe('lost');
  expect(await runtime.client.result(run, { timeout: '60s' })).toEqual({ attempt: 2, workerId: 'survivor' });
  expect(await workers('survivor')).toMatchObject([{ status: 'healthy' }]);
  other.kill('SIGTERM');
  expect(await other.exited).toEqual([0, null]);
});

test('one worker survives many executions, one of them failing in the middle', async () => {
  const worker = await start('many', '--max-parallel', '4', '--batch-size', '4');
  const half = () => Array.from({ length: 20 }, () => runtime.client.submit(tasks.work, { ms: 1 }));
  const before = await Promise.all(half());
  const bad = await runtime.client.submit(tasks.fails, 'in the middle');
  const after = await Promise.all(half());
  const waiting = [...before, ...after].map((run) => runtime.client.result(run, { timeout: '60s' }));
  const results = await Promise.all(waiting);
  expect(new Set(results.map(({ pid }) => pid))).toEqual(new Set([worker.child.pid]));
  const failed = await runtime.client.wait(bad, { timeout: '60s' });
  expect(failed).toMatchObject({ status: 'failed', error: { type: 'RangeError', message: 'in the middle' } });
  await expect
    .poll(() => workers('many'), patience)
    .toMatchObject([{ succeeded: 40, failed: 1, running: 0 }]);
  worker.kill('SIGTERM');
  expect(await worker.exited).toEqual([0, null]);
});

describe('the command', () => {
  test('serves the stack whose variables a shell reads from the file of --write-env', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-worker-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const stack = join(directory, 'stack.env');
    await using _ = await writeEnvFile(stack, runtime.env);
    const script = 'set -a; . "$0"; set +a; exec "$@"';
    const worker = new WorkerProcess(['/bin/sh', '-c', script, stack, ...workerCommand(file, '--json')], {});
    await worker.says('"ready":true');
    const run = await runtime.client.submit(tasks.work, { ms: 1 });
    const { pid, workerId } = await runtime.client.result(run, { timeout: '60s' });
    expect(JSON.parse(worker.output)).toEqual({ worker: workerId, ready: true });
    expect(workerId).toMatch(new RegExp(`-${pid}$`));
    expect(pid).toBe(worker.child.pid);
    worker.kill('SIGTERM');
    expect(await worker.exited).toEqual([0, null]);
  });

  test('ends with 3, naming the endpoint, when nobody answers there in time', async () => {
    const env = { ...runtime.env, AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' };
    const worker = new WorkerProcess(workerCommand(file, '--connect-timeout', '2s'), env);
    expect(await worker.exited).toEqual([3, null]);
    expect(worker.errors).toMatch(
      /^StoreUnreachable: Not reached within 2 s at http:\/\/127\.0\.0\.1:1: .*\nhint: .*\n$/m,
    );
    expect(worker.output).toBe('');
  });

  test('ends with 3 when the table is not there', async () => {
    const env = { ...runtime.env, HOLDFAST_TABLE: 'nothing' };
    const worker = new WorkerProcess(workerCommand(file, '--connect-timeout', '1'), env);
    expect(await worker.exited).toEqual([3, null]);
    expect(worker.errors).toMatch(/^TableNotFound: Not reached within 1 s at http:.*no table nothing/m);
  });

  test('told to end while nobody answers, it does', async () => {
    const env = { ...runtime.env, AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' };
    const worker = new WorkerProcess(workerCommand(file), env);
    await worker.says('not reached, trying again');
    worker.kill('SIGTERM');
    expect(await worker.exited).toEqual([0, null]);
  });
});
