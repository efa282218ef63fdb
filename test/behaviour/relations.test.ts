import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Client } from '../../lib/client/client.ts';
import { createHttpClient } from '../../lib/client/http-client.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import * as tasks from './relations-tasks.ts';

vi.setConfig({ testTimeout: 60_000 });

let runtime: LocalRuntime;
let client: Client;
let directory: string;
let files = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-relations-'));
  runtime = await startLocal({
    tasks: fileURLToPath(new URL('./relations-tasks.ts', import.meta.url)),
    port: 0,
    workers: 2,
    settings: { discoveryPeriod: '500ms' },
  });
  client = createHttpClient({ url: runtime.url });
});
afterAll(async () => {
  await runtime.close();
  await rm(directory, { recursive: true });
});

const timeout = '40s' as const;
const fileFor = () => join(directory, `file-${++files}`);
const open = (file: string) => writeFile(file, '');
const until = (run: { readonly id: string }, status: string) =>
  expect.poll(async () => (await client.get(run.id)).status, { interval: 20, timeout: 30_000 }).toBe(status);

/** A run of which somebody is at work on the first step. */
async function working() {
  const file = fileFor();
  const run = await client.submit(tasks.gated, { file, value: 1 });
  await until(run, 'running');
  return { file, run };
}

describe('dependencies', () => {
  it('between runs submitted apart: both must succeed, and their outputs are seen', async () => {
    const { file, run } = await working();
    const other = await client.submit(tasks.large, 3_000);
    const last = await client.submit(tasks.seen, null, { dependsOn: [run, other] });
    await client.wait(other, { timeout });
    expect(await client.get(last)).toMatchObject({
      status: 'waiting',
      waitsFor: expect.arrayContaining([run.id]),
    });
    await open(file);
    expect(await client.result(last, { timeout })).toEqual({ [run.id]: 1, [other.id]: 'x'.repeat(3_000) });
  });

  it('in a batch, all of it or nothing', async () => {
    const [c, b, a] = await client.submitAll([
      { ref: 'c', task: tasks.seen, input: null, dependsOn: ['a', 'b'] },
      { ref: 'b', task: tasks.add, input: 2, dependsOn: ['a'] },
      { ref: 'a', task: tasks.add, input: 1 },
    ]);
    expect(await client.result(c, { timeout })).toEqual({ a: 1, b: 3 });
    for (const run of [a, b]) expect(await client.get(run)).toMatchObject({ status: 'succeeded' });
    const cyclic = [
      { ref: 'a', task: 'add', input: 1, dependsOn: ['b'] },
      { ref: 'b', task: 'add', input: 1, dependsOn: ['a'] },
    ];
    await expect(client.submitAllByName(cyclic)).rejects.toMatchObject({ code: 'DependencyCycle' });
  });

  it('fail or skip those that depend on a run that did not succeed', async () => {
    const run = await client.submit(tasks.strict, { file: fileFor(), value: 11 });
    const fails = await client.submit(tasks.add, 1, { dependsOn: [run] });
    const skips = await client.submit(tasks.add, 1, { dependsOn: [fails], onDependencyFailure: 'skip' });
    expect(await client.wait(skips, { timeout })).toMatchObject({ status: 'skipped' });
    expect(await client.get(fails)).toMatchObject({ status: 'failed', error: { code: 'DependencyFailed' } });
  });
});

describe('signals', () => {
  it('are kept until they are waited for, and count once', async () => {
    const run = await client.submit(tasks.approved, 5, { delay: '1s' });
    for (const by of ['ada', 'bob']) await client.signal(run, 'approved', { by }, { id: 'the-one' });
    expect(await client.result(run, { timeout })).toBe('5 by ada');
  });

  it('have a waiting run go on; one that comes too late finds it gone another way', async () => {
    const run = await client.submit(tasks.approved, 7);
    await until(run, 'waiting');
    expect(await client.why(run)).toMatchObject({ cause: 'signal', signal: 'approved' });
    await client.signal(run, 'approved', { by: 'ada' });
    expect(await client.result(run, { timeout })).toBe('7 by ada');
    const late = await client.submit(tasks.impatient, 1);
    expect(await client.result(late, { timeout })).toEqual({ by: 'nobody' });
    await expect(client.signal(late, 'approved', { by: 'ada' })).rejects.toMatchObject({
      code: 'AlreadyFinished',
    });
  });

  it('that nobody waits for, or that do not fit, are refused', async () => {
    const run = await client.submit(tasks.approved, 5, { delay: '1h' });
    await expect(client.signal(run, 'nope')).rejects.toMatchObject({ code: 'UnknownSignal' });
    await expect(client.signal(run, 'approved', { by: 1 })).rejects.toMatchObject({ code: 'InvalidSignal' });
    await client.cancel(run);
  });
});

describe('child runs', () => {
  it('give their outputs to the fork they are in, large ones too', async () => {
    const file = fileFor();
    await open(file);
    const run = await client.submit(tasks.parent, { file, value: 4 });
    expect(await client.result(run, { timeout })).toBe(8);
    expect(await client.result(await client.submit(tasks.bigParent, 9_000), { timeout })).toBe(9_000);
  });

  it('are cancelled with their parent, whose handlers finish first', async () => {
    const file = fileFor();
    const run = await client.submit(tasks.parent, { file, value: 4 });
    await expect
      .poll(async () => (await client.why(run)).cause, { interval: 20, timeout: 30_000 })
      .toBe('child');
    const [child = ''] = (await client.why(run)).runs ?? [];
    await until({ id: child }, 'running');
    await client.cancel(run, { by: 'ada', reason: 'no use' });
    expect(await client.why(run)).toMatchObject({ cause: 'cancelling', runs: [child] });
    await open(file);
    expect(await client.wait(run, { timeout })).toMatchObject({
      status: 'cancelled',
      cancel: { by: 'ada', reason: 'no use' },
    });
    expect(await client.get(child)).toMatchObject({ status: 'cancelled', parent: { id: run.id } });
  });
});

describe('pause and resume', () => {
  it('let the step finish, start nothing, and go on', async () => {
    const { file, run } = await working();
    await client.pause(run, { by: 'ada', reason: 'month end' });
    expect(await client.get(run)).toMatchObject({
      status: 'running',
      pause: { by: 'ada', reason: 'month end' },
    });
    await open(file);
    await until(run, 'paused');
    expect(await client.why(run)).toMatchObject({ cause: 'paused', by: 'ada' });
    await expect(client.pause(run)).rejects.toMatchObject({ code: 'AlreadyPaused' });
    expect(await client.list({ status: 'paused' })).toMatchObject({ runs: [{ id: run.id }] });
    await client.resume(run, { by: 'bob' });
    expect(await client.wait(run, { timeout })).toMatchObject({
      status: 'succeeded',
      output: 1,
      resumed: { by: 'bob' },
    });
    await expect(client.resume(run)).rejects.toMatchObject({ code: 'AlreadyFinished' });
  });

  it('in abort mode stop the handler, whose attempt begins again', async () => {
    const { file, run } = await working();
    await client.pause(run, { mode: 'abort' });
    await until(run, 'paused');
    await open(file);
    await client.resume(run);
    expect(await client.wait(run, { timeout })).toMatchObject({ status: 'succeeded', output: 1 });
    expect(await readFile(`${file}.runs`, 'utf8')).toBe('xx');
  });

  it('a graceful cancel can be raised to abort', async () => {
    const { run } = await working();
    await client.cancel(run);
    await expect(client.cancel(run)).rejects.toMatchObject({ code: 'AlreadyCancelled' });
    await client.cancel(run, { mode: 'abort' });
    expect(await client.wait(run, { timeout })).toMatchObject({ status: 'cancelled' });
  });
});

describe('a retry', () => {
  it('goes on from the step that failed with another input, as a new run', async () => {
    const file = fileFor();
    const run = await client.submit(tasks.mended, { file, value: 11 });
    expect(await client.wait(run, { timeout })).toMatchObject({
      status: 'failed',
      error: { type: 'RangeError' },
    });
    expect(await client.get(run)).not.toHaveProperty('retriedAs');
    const retried = await client.retry(run, { input: { file, value: 5 } });
    expect(retried).toMatchObject({ id: `${run.id}~2`, retryOf: run.id, created: true });
    expect(await client.result(retried, { timeout })).toBe(16);
    // The first step is not done again.
    expect(await readFile(file, 'utf8')).toBe('11\nss');
    expect(await client.get(run)).toMatchObject({ status: 'failed', retriedAs: retried.id });
    expect(await client.get(retried)).not.toHaveProperty('retriedAs');
    expect(await client.retry(run, { input: { file, value: 5 } })).toMatchObject({
      id: retried.id,
      created: false,
    });
    await expect(client.retry(run)).rejects.toMatchObject({ code: 'AlreadyRetried' });
    await expect(client.retry(retried)).rejects.toMatchObject({ code: 'NotFailed' });
  });

  it('of many says first what it would do', async () => {
    const file = fileFor();
    const runs = [11, 12].map((value) => client.submit(tasks.strict, { file, value }));
    for (const run of await Promise.all(runs)) await client.wait(run, { timeout });
    const ids = (await Promise.all(runs)).map(({ id }) => id).sort();
    const since = new Date(Date.now() - 600_000).toISOString();
    const dry = (await client.retryAll({ name: 'strict', since }, { dryRun: true })).runs;
    expect(dry.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    expect(dry.every(({ retry }) => retry === undefined)).toBe(true);
    const done = (await client.retryAll({ name: 'strict', since })).runs;
    for (const id of ids) expect(done).toContainEqual({ id, task: 'strict', retry: `${id}~2` });
    expect(await client.wait(`${ids[0]}~2`, { timeout })).toMatchObject({
      status: 'failed',
      retryOf: ids[0],
    });
  });
});
