import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as python from '../../examples/python/tasks.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { expectGone, isAlive } from '../local/processes.ts';
import * as tasks from './external-tasks.ts';

vi.setConfig({ testTimeout: 60_000 });

const wait = { timeout: '40s' } as const;

describe('tasks that a program executes for an executor process', () => {
  let runtime: LocalRuntime;

  beforeAll(async () => {
    runtime = await startLocal({
      tasks: fileURLToPath(new URL('./external-tasks.ts', import.meta.url)),
      port: 0,
      workers: 1,
      settings: { discoveryPeriod: '500ms' },
    });
  });
  afterAll(() => runtime.close());

  const submitAndWait = async (name: string, input: unknown) =>
    await runtime.client.wait(await runtime.client.submitByName(name, input), wait);

  it('run, and are steps of workflows', async () => {
    expect(await submitAndWait('twice', { n: 21 })).toMatchObject({ status: 'succeeded', output: { n: 42 } });
    const run = await runtime.client.submit(tasks.context, null);
    expect(await runtime.client.result(run, wait)).toMatchObject({
      runId: run.id,
      taskId: 'task',
      attempt: 1,
      fencingToken: 1,
      tenant: '-',
    });
  });

  it('take values of megabytes, and give them back', async () => {
    const input = { n: 1, text: 'é'.repeat(2_500_000) };
    expect(await submitAndWait('conformance.echo', input)).toMatchObject({
      status: 'succeeded',
      input,
      output: { n: 1 },
    });
  });

  it('fail as they say: for good, or to be tried again', async () => {
    const failing = (retryable: boolean) =>
      submitAndWait('conformance.fail', { message: 'as told', retryable });
    const failed = { status: 'failed', error: { type: 'Error', message: 'as told' } };
    expect(await failing(true)).toMatchObject({ ...failed, attempt: 2 });
    expect(await failing(false)).toMatchObject({ ...failed, attempt: 1 });
  });

  it('have their outputs checked', async () => {
    expect(await submitAndWait('conformance.echo', { n: 'many' })).toMatchObject({
      status: 'failed',
      error: { code: 'InvalidOutput', message: expect.stringContaining('output.n') },
    });
  });

  it('show their progress while they run, and end at a cancel', async () => {
    const run = await runtime.client.submit(tasks.relay, [{ type: 'progress', value: { done: 1 } }]);
    await expect
      .poll(async () => (await runtime.client.get(run)).progress, { timeout: 20_000 })
      .toEqual({ done: 1 });
    await runtime.client.cancel(run, { mode: 'abort' });
    expect(await runtime.client.wait(run, wait)).toMatchObject({ status: 'cancelled', attempt: 1 });
  });

  it('end at their timeout', async () => {
    expect(await submitAndWait('conformance.sleep', { ms: 3_600_000 })).toMatchObject({
      status: 'failed',
      error: { code: 'TimedOut' },
    });
  });

  it('go on from their checkpoint when the program dies under them', async () => {
    const run = await runtime.client.submit(tasks.resumes, null);
    const progress = async () => (await runtime.client.get(run)).progress;
    await expect.poll(progress, { timeout: 20_000 }).toMatchObject({ pid: expect.any(Number) });
    const first = (await progress()) as { pid: number };
    process.kill(first.pid, 'SIGKILL');
    const finished = await runtime.client.wait(run, wait);
    expect(finished).toMatchObject({ status: 'succeeded', attempt: 2, output: { from: first } });
    if (finished.status === 'succeeded') expect(finished.output).not.toMatchObject(first);
  });

  it('fail with a code when the program writes rubbish, or does not have them', async () => {
    expect(await submitAndWait('prints', 'no message\n')).toMatchObject({
      status: 'failed',
      error: {
        code: 'ExternalProtocol',
        message: expect.stringContaining('a line is not JSON: "no message"'),
      },
    });
    expect(await submitAndWait('not-there', null)).toMatchObject({
      status: 'failed',
      error: { code: 'TaskNotImplemented', message: expect.stringContaining('not not-there') },
    });
  });

  it('do not outlive their executor', async () => {
    const { output } = (await submitAndWait('parent', null)) as { output?: unknown };
    const pids = output as number[];
    expect(pids.every(isAlive)).toBe(true);
    for (const executor of runtime.processes().executors) process.kill(executor, 'SIGKILL');
    await expectGone(pids);
    expect(await submitAndWait('whoami', null)).toMatchObject({ status: 'succeeded' });
  });
});

function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))'], { stdio: 'ignore' });
    return true;
  } catch {
    console.log('skipped: the Python tasks (there is no python3 of version 3.9 or later)');
    return false;
  }
}

describe.runIf(hasPython())('the example in Python', () => {
  let runtime: LocalRuntime;

  beforeAll(async () => {
    runtime = await startLocal({
      tasks: new URL('../../examples/python/tasks.ts', import.meta.url),
      port: 0,
      workers: 1,
      settings: { discoveryPeriod: '500ms' },
    });
  });
  afterAll(() => runtime.close());

  it('counts the words of a file', async () => {
    const path = fileURLToPath(new URL('../external/fixtures/words.txt', import.meta.url));
    const run = await runtime.client.submit(python.wordCount, { path, top: 1 });
    expect(await runtime.client.result(run, wait)).toEqual({ words: 5, top: [{ word: 'ho', times: 3 }] });
    const missing = await runtime.client.submit(python.wordCount, { path: '/no/such/file' });
    expect(await runtime.client.wait(missing, wait)).toMatchObject({
      status: 'failed',
      attempt: 1,
      error: { type: 'NonRetryable', message: 'there is no file /no/such/file' },
    });
  });

  it('sums primes', async () => {
    const run = await runtime.client.submit(python.primeSum, { below: 20_000 });
    expect(await runtime.client.result(run, wait)).toBe(21_171_191);
  });
});
