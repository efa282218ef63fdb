import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import * as tasks from './isolation-tasks.ts';

// A machine that other suites keep busy takes long to fill a heap.
vi.setConfig({ testTimeout: 120_000 });

let runtime: LocalRuntime;
const timeout = '100s' as const;

beforeAll(async () => {
  runtime = await startLocal({
    tasks: fileURLToPath(new URL('./isolation-tasks.ts', import.meta.url)),
    port: 0,
    workers: 1,
    settings: { discoveryPeriod: '500ms', abortGrace: '200ms', threadMemory: 64 },
  });
});
afterAll(() => runtime.close());

describe('a task on a thread', () => {
  it('keeps its lease, however busy it is', async () => {
    const run = await runtime.client.submit(tasks.busy, { ms: 9_000 });
    expect(await runtime.client.wait(run, { timeout })).toMatchObject({
      status: 'succeeded',
      output: { attempt: 1, onThread: true },
    });
  });

  it.each([
    { name: 'an endless loop', task: tasks.endless, input: null, error: { code: 'TimedOut' } },
    {
      name: 'process.exit',
      task: tasks.exits,
      input: 3,
      error: { code: 'ThreadEnded', message: /exit code 3/ },
    },
    ...(['arrays', 'objects', 'map', 'text', 'doubled'] as const).map((how) => ({
      name: `no memory left (${how})`,
      task: tasks.greedy,
      input: how,
      error: { code: 'ThreadEnded', message: /its memory ran out/ },
    })),
    {
      name: 'process.exit that says that all is well',
      task: tasks.exits,
      input: 0,
      error: { code: 'ThreadEnded', message: /exit code 0/ },
    },
    {
      name: 'a floating rejection',
      task: tasks.floating,
      input: null,
      error: { type: 'RangeError', message: /^left to nobody$/ },
    },
  ])('ends with one clear failure for $name, and its process goes on', async ({ error, input, task }) => {
    const [before] = runtime.processes().executors;
    const run = await runtime.client.submit(task as typeof tasks.endless, input as null);
    const { message = /./, ...rest } = error as { message?: RegExp };
    expect(await runtime.client.wait(run, { timeout })).toMatchObject({
      status: 'failed',
      attempt: 1,
      error: { ...rest, message: expect.stringMatching(message) },
    });
    expect(runtime.processes().executors).toEqual([before]);
    const { attempts } = await runtime.client.attempts(run);
    expect(attempts).toMatchObject([{ outcome: 'failed', error: rest }]);
  });

  it('may leave garbage behind, as long as what it keeps fits', async () => {
    const run = await runtime.client.submit(tasks.wasteful, { keepMb: 32, rounds: 20_000 });
    expect(await runtime.client.wait(run, { timeout })).toMatchObject({ status: 'succeeded' });
  });

  it.each([
    { what: 'range', attempt: 2, error: { type: 'RangeError', message: 'out of range' } },
    { what: 'string', attempt: 2, error: { type: 'NonError', message: 'just text' } },
    { what: 'final', attempt: 1, error: { type: 'NonRetryableError', message: 'no use' } },
    { what: 'date', attempt: 1, error: { code: 'NotSerializable' } },
  ] as const)('fails as it would inline: $what', async ({ attempt, error, what }) => {
    const run = await runtime.client.submit(tasks.throws, what);
    expect(await runtime.client.wait(run, { timeout })).toMatchObject({ status: 'failed', attempt, error });
  });

  it('has its context there, and a decision is one', async () => {
    const run = await runtime.client.submit(tasks.telling, { when: '2020-02-02' });
    expect(await runtime.client.result(run, { timeout })).toEqual({
      year: 2020,
      runId: run.id,
      key: `-/${run.id}/task`,
      checkpointed: { page: 3 },
      remains: true,
    });
    const counted = await runtime.client.submit(tasks.counting, 0);
    expect(await runtime.client.result(counted, { timeout })).toBe('counted to 3');
  });

  it('tells what it logs, sets and takes, to the last line before it returns', async () => {
    const run = await runtime.client.submit(tasks.chatty, { lines: 200, ms: 200 });
    expect(await runtime.client.result(run, { timeout })).toBe(200);
    const { attempts } = await runtime.client.attempts(run);
    expect(attempts).toMatchObject([
      { outcome: 'succeeded', variables: { bytes: 50_000_000, done: [true] }, resources: {} },
    ]);
    const [attempt] = attempts;
    expect(attempt?.logs).toHaveLength(201);
    expect(attempt?.logs[0]).toMatchObject({
      level: 'warn',
      message: 'begun',
      fields: { part: 1, error: { name: 'RangeError', message: 'small' } },
    });
    expect(attempt?.logs.at(-1)).toMatchObject({ level: 'info', message: 'line 199', console: true });
    // Its own, not those of the process.
    expect(attempt?.resources).not.toHaveProperty('shared');
    expect(attempt?.resources?.userCpuSeconds).toBeGreaterThan(0);
    expect(attempt?.resources?.peakMemoryMb).toBeGreaterThan(47);
  });

  it('is told why it is aborted', async () => {
    const run = await runtime.client.submit(tasks.patient, null);
    await expect
      .poll(async () => (await runtime.client.get(run)).progress, { interval: 20, timeout: 20_000 })
      .toBe('begun');
    await runtime.client.pause(run, { mode: 'abort', reason: 'for now' });
    await expect
      .poll(async () => (await runtime.client.get(run)).status, { interval: 20, timeout: 20_000 })
      .not.toBe('running');
    // What a handler returns after it was stopped for a pause still counts.
    expect(await runtime.client.get(run)).toMatchObject({ output: 'The run was paused: for now' });
  });
});

it('a module object has no threads', async () => {
  await expect(startLocal({ tasks: { busy: tasks.busy }, port: 0 })).rejects.toMatchObject({
    code: 'IsolationUnavailable',
  });
});
