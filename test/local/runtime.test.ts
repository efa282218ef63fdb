import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { findDynoxide } from '../../lib/local/dynoxide.ts';
import type { LocalOptions } from '../../lib/local/options.ts';
import { listen } from '../../lib/local/ports.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/runtime.ts';
import * as tasks from './fixtures/tasks.ts';
import { expectGone, isAlive } from './processes.ts';

const file = new URL('./fixtures/tasks.ts', import.meta.url);

const hasDynoxide = (await findDynoxide()) !== undefined;

const opened: LocalRuntime[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const runtime of opened.splice(0).reverse()) await runtime.close();
});

async function open(options: Partial<LocalOptions> = {}): Promise<LocalRuntime> {
  const runtime = await startLocal({ tasks, port: 0, ...options });
  opened.push(runtime);
  return runtime;
}

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-runtime-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

async function untilRunning({ client }: LocalRuntime, id: string): Promise<void> {
  await expect.poll(async () => (await client.get(id)).status, { timeout: 15_000 }).toBe('running');
}

describe.each([
  ['a module object, in this process', tasks],
  ['a file, in processes of their own', file],
])('tasks given as %s', (_, given) => {
  test('run, and their requests are counted', async () => {
    const { client, requestCounts } = await open({ tasks: given, workers: 1 });
    const run = await client.submit(tasks.whereAmI, {});
    const { pid } = await client.result(run);
    expect(pid === process.pid).toBe(given === tasks);
    await expect
      .poll(requestCounts)
      .toMatchObject({ 'dynamodb:PutItem': expect.any(Number), 'dynamodb:UpdateItem': 2 });
  });

  test('are served over HTTP', async () => {
    const { url, client } = await open({ tasks: given, defaultTask: 'echo', workers: 1 });
    const submitted = await fetch(`${url}/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ task: 'echo', input: { a: 1 } }),
    });
    expect(submitted.status).toBe(202);
    const { id } = (await submitted.json()) as { id: string };
    await client.wait(id);
    const answer = await fetch(`${url}/tasks/${id}`);
    expect(await answer.json()).toMatchObject({ status: 'succeeded', output: { a: 1 } });
  });
});

test.each([
  ['', 1],
  [`whsec_${Buffer.alloc(24).toString('base64')}`, 0],
])('webhooks without secrets are warned of: %j', async (secrets, warnings) => {
  vi.stubEnv('HOLDFAST_WEBHOOK_SECRETS', secrets);
  const written = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  onTestFinished(() => written.mockRestore());
  await open({ settings: { webhooks: 'on' } });
  const lines = written.mock.calls.map(([line]) => String(line));
  const warned = lines.filter((line) => line.includes('HOLDFAST_WEBHOOK_SECRETS'));
  expect(warned).toHaveLength(warnings);
  expect(warned.join()).not.toContain('whsec_');
});

test('the executor that runs a task is killed: another finishes it', { timeout: 60_000 }, async () => {
  const { client, processes } = await open({
    tasks: file,
    workers: 1,
    settings: { lease: '1s', discoveryPeriod: '200ms' },
  });
  const run = await client.submit(tasks.hangs, {});
  await expect.poll(async () => (await client.get(run)).progress, { timeout: 15_000 }).toBe('begun');
  const [pid = 0] = processes().executors;
  process.kill(pid, 'SIGKILL');
  const finished = await client.wait(run, { timeout: '45s' });
  expect(finished).toMatchObject({ status: 'succeeded', attempt: 2 });
});

describe('persist', () => {
  test.each(['auto', 'dynalite'] as const)('keeps runs over a restart (%s)', async (dynamodb) => {
    const persist = await temporaryDirectory();
    const first = await open({ persist, dynamodb });
    const done = await first.client.submit(tasks.echo, 'kept');
    await first.client.wait(done);
    const large = await first.client.submit(tasks.echo, 'x'.repeat(1_000_000));
    await first.client.wait(large);
    const due = await first.client.submit(tasks.echo, 'later', { delay: '1s' });
    await first.close();

    const second = await open({ persist, dynamodb });
    expect(await second.client.get(done)).toMatchObject({ status: 'succeeded', output: 'kept' });
    expect(await second.client.result(large)).toBe('x'.repeat(1_000_000));
    expect(await second.client.result(due)).toBe('later');
  });

  test('is for one runtime at a time; the second is told who has it', async () => {
    const persist = await temporaryDirectory();
    const first = await open({ persist });
    await expect(startLocal({ tasks, port: 0, persist })).rejects.toMatchObject({
      code: 'DirectoryInUse',
      field: 'persist',
      message: `The directory ${persist} is in use by another runtime, process ${process.pid}`,
    });
    await first.client.result(await first.client.submit(tasks.echo, 'unharmed'));
    await first.close();
    await open({ persist });
  });

  test.each([
    import.meta.filename,
    join(import.meta.filename, 'below'),
    '/proc/holdfast',
    '/proc/holdfast/below',
  ])('%s, which is no directory and cannot become one, is InvalidSetting', async (persist) => {
    await expect(startLocal({ tasks, port: 0, persist })).rejects.toMatchObject({
      code: 'InvalidSetting',
      field: 'persist',
      message: expect.stringContaining(`The directory ${persist} cannot be used: `),
    });
  });
});

describe('close', () => {
  test.each([
    ['in this process', tasks],
    ['in processes', file],
  ])('deregisters the executors %s', async (_, given) => {
    const persist = await temporaryDirectory();
    const first = await open({ tasks: given, workers: 1, persist });
    await first.client.result(await first.client.submit(tasks.echo, 1));
    expect(await first.client.workers()).toMatchObject([{ status: 'healthy' }]);
    await first.close();
    const second = await open({ persist });
    expect(await second.client.workers()).toMatchObject([{ status: 'stopped' }]);
  });

  test('lets a running task finish', async () => {
    const persist = await temporaryDirectory();
    const first = await open({ tasks: file, workers: 1, persist });
    const run = await first.client.submit(tasks.pauses, { ms: 300 });
    await untilRunning(first, run.id);
    await first.close();
    const second = await open({ persist });
    expect(await second.client.get(run)).toMatchObject({ status: 'succeeded', attempt: 1 });
  });

  test('ends all processes, those of tasks that never end included, and can be called again', async () => {
    const runtime = await open({ tasks: file, workers: 2, shutdownGrace: '100ms' });
    const run = await runtime.client.submit(tasks.spins, {});
    await untilRunning(runtime, run.id);
    const { dynamodb, executors } = runtime.processes();
    const pids = [...(dynamodb === undefined ? [] : [dynamodb]), ...executors];
    expect(executors).toHaveLength(2);
    expect(pids.every(isAlive)).toBe(true);
    await Promise.all([runtime.close(), runtime.close()]);
    await expectGone(pids);
    for (const url of [runtime.url, runtime.endpoints.dynamodb, runtime.endpoints.sqs]) {
      await expect(fetch(url)).rejects.toThrow();
    }
  });

  test('is what `await using` does', async () => {
    let url = '';
    {
      await using runtime = await startLocal({ tasks, port: 0 });
      url = runtime.url;
      expect((await fetch(`${url}/health`)).status).toBe(200);
    }
    await expect(fetch(url)).rejects.toThrow();
  });
});

test.runIf(hasDynoxide)('when its DynamoDB ends by itself, it says so and closes', async () => {
  const runtime = await open({ tasks: file, workers: 1, dynamodb: 'dynoxide' });
  const { dynamodb = 0, executors } = runtime.processes();
  process.kill(dynamodb, 'SIGKILL');
  await expect(runtime.ended).rejects.toMatchObject({
    code: 'EmulatorEnded',
    message: expect.stringContaining('DynamoDB'),
  });
  await runtime.close();
  await expectGone(executors);
  await expect(fetch(runtime.url)).rejects.toThrow();
});

test('a runtime that is closed has not ended by itself', async () => {
  const runtime = await open();
  await runtime.close();
  const pending = Symbol();
  expect(await Promise.race([runtime.ended, setImmediate(pending)])).toBe(pending);
});

test('two runtimes side by side know nothing of each other', async () => {
  const [a, b] = await Promise.all([open(), open()]);
  const run = await a.client.submit(tasks.echo, 1);
  await a.client.wait(run);
  await expect(b.client.get(run)).rejects.toMatchObject({ code: 'NotFound' });
});

test("the user's own AWS account and stack are left alone", async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
  vi.stubEnv('AWS_PROFILE', 'production');
  vi.stubEnv('AWS_SESSION_TOKEN', 'secret');
  vi.stubEnv('HOLDFAST_TABLE', 'production');
  const { client, env } = await open({ tasks: file, workers: 1 });
  expect(await client.result(await client.submit(tasks.echo, 1))).toBe(1);
  expect(env.HOLDFAST_TABLE).not.toBe('production');
});

describe('refuses to start', () => {
  test.each<[Partial<LocalOptions>, string, string]>([
    [{ port: 70_000 }, 'InvalidSetting', 'port must be a whole number from 0 to 65535'],
    [{ workers: 65 }, 'InvalidSetting', 'workers must be a whole number from 0 to 64'],
    [{ functionTimeout: '16m' }, 'InvalidSetting', 'functionTimeout must be'],
    [{ shutdownGrace: 'soon' as never }, 'InvalidDuration', 'shutdownGrace'],
    [{ settings: { lease: '1ms' } }, 'InvalidSetting', 'HOLDFAST_LEASE must be a duration from 1s to 12h'],
    [{ defaultTask: 'nothing' }, 'UnknownTask', 'nothing'],
    [{ tasks: {} }, 'NoTasks', 'no task'],
    [{ tasks: './nowhere.ts' }, 'TasksNotLoaded', 'nowhere.ts'],
  ])('with %o', async (options, code, message) => {
    await expect(startLocal({ tasks, port: 0, ...options })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  test('with a variable out of range, naming it', async () => {
    vi.stubEnv('HOLDFAST_MAX_ATTEMPTS', 'many');
    await expect(startLocal({ tasks, port: 0 })).rejects.toMatchObject({
      code: 'InvalidSetting',
      message: expect.stringContaining('HOLDFAST_MAX_ATTEMPTS must be a whole number from 1 to 100'),
    });
  });

  test.each(['port', 'dynamodbPort', 'sqsPort'] as const)('when %s is in use', async (option) => {
    const other = createServer();
    const port = await listen(other, 0, 'a test');
    onTestFinished(() => new Promise((resolve) => other.close(() => resolve())));
    await expect(startLocal({ tasks, port: 0, [option]: port })).rejects.toMatchObject({
      code: 'PortInUse',
      message: expect.stringContaining(String(port)),
    });
  });
});

test('open runs cannot be limited where there are no transactions, which is said at the start', async () => {
  const starting = open({ dynamodb: 'dynalite', settings: { openRuns: 5 } });
  await expect(starting).rejects.toMatchObject({ code: 'InvalidSetting', field: 'openRuns' });
});
