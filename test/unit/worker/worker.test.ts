import { availableParallelism, hostname } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { defineTask } from '../../../lib/define/task.ts';
import type { TaskExecutor } from '../../../lib/define/task-executor.ts';
import { type LocalRuntime, startLocal } from '../../../lib/local/index.ts';
import { Worker, type WorkerHandle } from '../../../lib/worker/index.ts';
import * as tasks from '../../local/fixtures/tasks.ts';

const file = new URL('../../local/fixtures/tasks.ts', import.meta.url);

const env = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'a',
  AWS_SECRET_ACCESS_KEY: 'b',
  HOLDFAST_TABLE: 'table',
  HOLDFAST_POOLS: JSON.stringify({
    default: { lanes: { normal: 'http://127.0.0.1:1/default' } },
    gpu: { lanes: { normal: 'http://127.0.0.1:1/gpu' } },
  }),
  HOLDFAST_LOG_LEVEL: 'silent',
};

describe('refuses, with a code and the name of what is wrong', () => {
  const worker = new Worker(tasks, { env });
  test.each<[string, () => Worker, string]>([
    ['batch size 0', () => worker.batchSize(0), 'batchSize must be a whole number from 1 to 10, not 0'],
    [
      'aging interval 0',
      () => new Worker(tasks, { env, settings: { agingInterval: '0s' } }),
      'agingInterval must be a duration from 1s to 7d',
    ],
    ['batch size 11', () => worker.batchSize(11), 'batchSize must be'],
    ['half a message', () => worker.batchSize(1.5), 'batchSize must be'],
    ['no room', () => worker.maxParallel(0), 'maxParallel must be a whole number from 1 to 1000, not 0'],
    [
      'no pause at all',
      () => worker.pollInterval('0ms'),
      'pollInterval must be a duration from 100ms to 20s, not "0ms"',
    ],
    ['less than no time', () => worker.drain('-1s' as never), 'drain must be a duration from 0ms to 1d'],
    ['a time without unit', () => worker.connectTimeout(5 as never), 'connectTimeout must be a duration'],
    ['an unknown pool', () => worker.pool('cpu'), 'There is no pool named "cpu"'],
    ['what every object has', () => worker.pool('constructor'), 'There is no pool named "constructor"'],
    ['no name', () => worker.id(''), 'id must be a text of 1 to 128 characters'],
    ['a long name', () => worker.id('x'.repeat(129)), 'id must be'],
    [
      'a bad variable',
      () => new Worker(tasks, { env: { ...env, HOLDFAST_BATCH_SIZE: '0' } }),
      'HOLDFAST_BATCH_SIZE must be',
    ],
    [
      'a pool of the environment that is not there',
      () => new Worker(tasks, { env: { ...env, HOLDFAST_POOL: 'cpu' } }),
      'There is no pool named "cpu"',
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: 'InvalidSetting', message: expect.stringContaining(message) }),
    );
  });

  test.each(['HOLDFAST_TABLE', 'HOLDFAST_POOLS'])('a missing %s', (name) => {
    expect(() => new Worker(tasks, { env: { ...env, [name]: '' } })).toThrow(
      expect.objectContaining({ code: 'MissingSetting', field: name }),
    );
  });
});

describe('a worker that comes to nothing', () => {
  test('names the endpoint that it did not reach', async () => {
    const worker = new Worker(tasks, { env }).connectTimeout('100ms').spawn();
    const ready = expect(worker.ready).rejects.toMatchObject({ code: 'StoreUnreachable' });
    await expect(worker.join()).rejects.toMatchObject({
      code: 'StoreUnreachable',
      message: expect.stringContaining('http://127.0.0.1:1'),
    });
    await ready;
    await worker.join();
  });

  test.each<[string, ConstructorParameters<typeof Worker>[0], string]>([
    ['a module that is not there', './nowhere.ts', 'TasksNotLoaded'],
    ['a module without tasks', {}, 'NoTasks'],
  ])('%s', async (_, given, code) => {
    const worker = new Worker(given, { env }).spawn();
    await expect(worker.ready).rejects.toMatchObject({ code });
    await expect(worker.join()).rejects.toMatchObject({ code });
  });

  test('a module object with a task for a thread, which could not load it', async () => {
    const isolated = defineTask({ name: 'isolated', input: z.null(), isolation: 'thread', run: () => 1 });
    const worker = new Worker({ isolated }, { env }).spawn();
    await expect(worker.join()).rejects.toMatchObject({ code: 'IsolationUnavailable' });
  });

  test('was shut down before it was ready', async () => {
    const worker = new Worker(tasks, { env }).spawn();
    worker.shutdown();
    await worker.join();
    await expect(worker.ready).rejects.toMatchObject({ code: 'ShuttingDown' });
  });
});

describe('on a stack without executors of its own', () => {
  let runtime: LocalRuntime | undefined;
  const workers: WorkerHandle[] = [];
  const open = async (): Promise<Pick<LocalRuntime, 'client' | 'env'>> => {
    runtime = await startLocal({ tasks, port: 0, workers: 0, settings: { discoveryPeriod: '200ms' } });
    const { client, env } = runtime;
    return { client, env: { ...env, HOLDFAST_LOG_LEVEL: 'silent' } };
  };
  const spawn = (worker: Worker) => {
    const handle = worker.spawn();
    workers.push(handle);
    return handle;
  };
  afterEach(async () => {
    for (const worker of workers.splice(0)) {
      worker.abort();
      await worker.join();
    }
    await runtime?.close();
    runtime = undefined;
  });

  test('each step of the builder leaves the one before as it was', async () => {
    const { client, env: stack } = await open();
    const base = new Worker(tasks, { env: stack });
    const named = base.id('named');
    spawn(named);
    spawn(base.maxParallel(3).batchSize(2).drain('1s').pool('default'));
    await Promise.all(workers.map(({ ready }) => ready));
    const ids = (await client.workers()).map(({ id }) => id);
    expect(ids.sort()).toEqual(['named', `${hostname()}-${process.pid}`].sort());
    expect(workers.map(({ id }) => id)).toContain('named');
  });

  test.each([
    ['the module itself', tasks],
    ['its file', file],
  ])('given %s, it does what is submitted; nobody did before', async (_, given) => {
    const { client, env: stack } = await open();
    const run = await client.submit(tasks.echo, 'hello');
    expect((await client.get(run)).status).toBe('ready');
    const worker = spawn(new Worker(given, { env: stack }));
    expect(await client.result(run, { timeout: '15s' })).toBe('hello');
    worker.shutdown();
    await worker.join();
    expect(await client.workers()).toMatchObject([{ kind: 'process', status: 'stopped', succeeded: 1 }]);
  });

  test('it runs as many at a time as there are cores, if nothing else is said', async () => {
    const { client, env: stack } = await open();
    const cores = availableParallelism();
    const { HOLDFAST_MAX_PARALLEL: _, ...plain } = stack;
    const wanted = Array.from({ length: cores + 1 }, () => client.submit(tasks.hangs, {}));
    const runs = await Promise.all(wanted);
    spawn(new Worker(tasks, { env: plain }).drain('0ms'));
    const statuses = async () => {
      const views = await Promise.all(runs.map((run) => client.get(run)));
      return views.map(({ status }) => status).sort();
    };
    const expected = ['ready', ...Array.from({ length: cores }, () => 'running')];
    await expect.poll(statuses, { timeout: 15_000 }).toEqual(expected);
  });

  test('what is only declared goes to the executor that it is given', async () => {
    const { client, env: stack } = await open();
    const declared = { remote: defineTask({ name: 'remote', input: z.number(), output: z.string() }) };
    const run = await client.submit(declared.remote, 7);
    const executor: TaskExecutor = (name, input) => `${name} of ${input}`;
    spawn(new Worker(declared, { env: stack, executor }).batchSize(10));
    expect(await client.result(run, { timeout: '15s' })).toBe('remote of 7');
  });

  test('disposed, it has ended', async () => {
    const { client, env: stack } = await open();
    {
      await using worker = new Worker(tasks, { env: stack }).id('short').spawn();
      await worker.ready;
    }
    expect(await client.workers()).toMatchObject([{ id: 'short', status: 'stopped' }]);
  });
});
