import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { runCli } from '../../lib/cli/program.ts';
import { systemClock } from '../../lib/compose/system.ts';
import { type LocalOptions, type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { WorkerProcess, workerCommand } from '../support/worker-process.ts';
import * as tasks from './pools-tasks.ts';

const file = fileURLToPath(new URL('./pools-tasks.ts', import.meta.url));
const main = fileURLToPath(new URL('../../lib/local/main.ts', import.meta.url));

// Processes start in here, on a machine that other suites keep busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const patience = { timeout: '60s' } as const;

/** The first that suits is taken: `gpu` is before `all`. */
const pools = {
  gpu: { tags: ['gpu', 'us'], lanes: ['high', 'aged'] },
  all: { tags: ['gpu', 'us', 'eu'] },
} as const;

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-pools-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function holdfast(args: readonly string[], env: Record<string, string | undefined>) {
  const said = { out: '', err: '' };
  const code = await runCli(args, {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    env,
    color: { out: false, err: false },
    clock: systemClock,
    readStdin: async () => '',
    readFile: async () => '',
  });
  return { code, ...said };
}

/** Which tags lead to which pool. */
const destinations: readonly (readonly [tags: readonly string[], pool: string])[] = [
  [[], 'default'],
  [['gpu'], 'gpu'],
  [['us', 'gpu'], 'gpu'],
  [['eu'], 'all'],
  [['gpu', 'eu'], 'all'],
];

describe('executors of several pools', () => {
  let runtime: LocalRuntime;
  beforeAll(async () => {
    const settings = { discoveryPeriod: '500ms', heartbeat: '200ms' } as const;
    runtime = await startLocal({ tasks: file, port: 0, workers: 1, pools, settings });
  });
  afterAll(() => runtime.close());

  test('run what is tagged for their pool and nothing else, whatever its priority', async () => {
    const priorities = ['high', 'normal', 'low'] as const;
    const submitting = destinations.flatMap(([tags, pool]) =>
      priorities.map(async (priority) => {
        const run = await runtime.client.submit(tasks.where, {}, { tags, priority });
        return { run, pool };
      }),
    );
    const submitted = await Promise.all(submitting);
    const seen = await Promise.all(
      submitted.map(async ({ run }) => (await runtime.client.result(run, patience)).pool),
    );
    expect(seen).toEqual(submitted.map(({ pool }) => pool));
    // Who ran them is registered with that pool.
    const workers = new Map((await runtime.client.workers()).map((worker) => [worker.id, worker.pool]));
    for (const { pool, run } of submitted) {
      const { workerId = '' } = await runtime.client.get(run);
      expect(workers.get(workerId)).toBe(pool);
    }
  });

  test('run the steps of a workflow where their own tags say, and the others where the run belongs', async () => {
    const run = await runtime.client.submit(tasks.tour, {});
    expect(await runtime.client.result(run, patience)).toMatchObject({
      eu: { pool: 'all' },
      us: { pool: 'gpu' },
    });
  });

  test('give a workflow back to the pool of its run, where a step has no tags of its own', async () => {
    const run = await runtime.client.submit(tasks.abroad, {}, { tags: ['eu'] });
    const ended = await runtime.client.wait(run, patience);
    const pools = ended.nodes?.map(({ id, output }) => [id, (output as { pool?: string }).pool]);
    expect(pools).toEqual([
      ['there', 'gpu'],
      ['still-there', 'gpu'],
      ['noted', 'gpu'],
      ['back', 'all'],
    ]);
  });

  test('leave what no pool carries to nobody: it is refused and not stored', async () => {
    const unknown = [['tpu'], ['gpu', 'tpu'], ['GPU'], ['__proto__']];
    for (const tags of unknown) {
      await expect(runtime.client.submit(tasks.where, {}, { tags })).rejects.toMatchObject({
        code: 'UnknownTag',
        field: 'tags',
      });
      const answer = await fetch(`${runtime.url}/tasks`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ task: 'where', input: {}, tags, idempotencyKey: tags.join() }),
      });
      expect([answer.status, await answer.json()]).toMatchObject([
        400,
        { code: 'UnknownTag', field: 'tags' },
      ]);
    }
    // The keys are free: nothing was stored under them.
    const again = await runtime.client.submit(tasks.where, {}, { idempotencyKey: 'tpu' });
    expect(await runtime.client.result(again, patience)).toMatchObject({ pool: 'default' });
  });

  test('are shown with the tags and lanes of their pools', async () => {
    expect(await runtime.client.queues()).toMatchObject([
      { pool: 'default', tags: [], lanes: ['normal'], deadLetters: 0 },
      { pool: 'gpu', tags: ['gpu', 'us'], deadLetters: 0 },
      { pool: 'all', tags: ['gpu', 'us', 'eu'], lanes: ['normal'], deadLetters: 0 },
    ]);
    const [, gpu] = await runtime.client.queues();
    expect(gpu?.lanes.toSorted()).toEqual(['aged', 'high', 'normal']);
    const { code, out } = await holdfast(['doctor'], runtime.env);
    expect(code, out).toBe(0);
    for (const name of ['default', 'gpu/aged', 'gpu/high', 'gpu/normal', 'all'])
      expect(out).toMatch(new RegExp(`^ok +queue ${name} `, 'm'));
    expect(out.match(/^ok +dead letters /gm)).toHaveLength(3);
    for (const pool of Object.keys({ default: {}, ...pools }))
      expect((await holdfast(['redrive', pool], runtime.env)).out).toContain(`${pool}: about 0 dead letters`);
  });
});

test('a module object is served by an executor for each pool, too', async () => {
  const settings = { heartbeat: '100ms' } as const;
  await using runtime = await startLocal({ tasks, port: 0, workers: 1, pools, settings });
  const runs = await Promise.all(
    destinations.map(([tags]) => runtime.client.submit(tasks.where, {}, { tags })),
  );
  const finished = await Promise.all(runs.map((run) => runtime.client.wait(run, patience)));
  const workers = new Map((await runtime.client.workers()).map((worker) => [worker.id, worker.pool]));
  const seen = finished.map(({ workerId = '' }) => workers.get(workerId));
  expect(seen).toEqual(destinations.map(([, pool]) => pool));
});

test('npm start --pools, and a worker process for one of them: it takes what is tagged for it only', async () => {
  const directory = await temporaryDirectory();
  const config = join(directory, 'pools.json');
  await writeFile(config, JSON.stringify({ gpu: { tags: ['gpu'], lanes: ['high', 'low'] } }));
  const stack = join(directory, 'stack.env');
  const options = ['--port', '0', '--tasks', file, '--workers', '0', '--pools', config, '--write-env', stack];
  const server = new WorkerProcess([process.execPath, '--conditions=holdfast-source', main, ...options], {});
  await server.says('holdfast ready');
  const [, url = ''] = /ready (\S+)/.exec(server.output) ?? [];
  const post = async (tags: readonly string[]) => {
    const answer = await fetch(`${url}/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ task: 'where', input: {}, tags }),
    });
    return ((await answer.json()) as { id: string }).id;
  };
  const statusOf = async (id: string) => {
    const answer = await fetch(`${url}/tasks/${id}`);
    return (await answer.json()) as { status: string; output?: { pool: string } };
  };
  const untagged = await post([]);
  const script = 'set -a; . "$0"; set +a; exec "$@"';
  const worker = (...more: string[]) =>
    new WorkerProcess(['/bin/sh', '-c', script, stack, ...workerCommand(file, ...more)], {});
  const ofGpu = worker('--id', 'on-gpu', '--pool', 'gpu');
  await ofGpu.says('holdfast worker ready on-gpu');
  for (let n = 0; n < 5; n += 1) {
    const id = await post(['gpu']);
    await expect.poll(() => statusOf(id), { timeout: 60_000 }).toMatchObject({ workerId: 'on-gpu' });
  }
  expect((await statusOf(untagged)).status).toBe('ready');
  const ofDefault = worker('--id', 'usual');
  await expect.poll(() => statusOf(untagged), { timeout: 60_000 }).toMatchObject({ workerId: 'usual' });
  const answer = await fetch(`${url}/workers`);
  const { workers } = (await answer.json()) as { workers: readonly { id: string; pool: string }[] };
  expect(workers.map(({ id, pool }) => [id, pool]).sort()).toEqual([
    ['on-gpu', 'gpu'],
    ['usual', 'default'],
  ]);
  for (const each of [ofGpu, ofDefault, server]) each.kill('SIGTERM');
  for (const each of [ofGpu, ofDefault, server]) expect(await each.exited).toEqual([0, null]);
});

test('the pools of the README are as it says', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const [, given = ''] = /--pools '([^']+)'/.exec(readme) ?? [];
  await using runtime = await startLocal({ tasks, port: 0, workers: 2, pools: JSON.parse(given) });
  expect(await runtime.client.queues()).toMatchObject([
    { pool: 'default', lanes: ['normal'] },
    { pool: 'gpu', tags: ['gpu'], lanes: expect.arrayContaining(['aged', 'high', 'low', 'normal']) },
  ]);
});

describe('what is kept', () => {
  /** Whether a line of the log says so, about what. */
  async function warnings(
    options: Partial<LocalOptions>,
  ): Promise<[LocalRuntime, Record<string, unknown>[]]> {
    const written = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    try {
      const runtime = await startLocal({ tasks, port: 0, workers: 0, ...options });
      const lines = written.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
      return [runtime, lines];
    } finally {
      written.mockRestore();
    }
  }

  test('comes to its pool after a restart; a pool or lane that is gone meanwhile is told', async () => {
    const persist = await temporaryDirectory();
    const [first, before] = await warnings({ persist, pools });
    expect(before).toEqual([]);
    const kept = await first.client.submit(tasks.where, {}, { tags: ['gpu'], priority: 'high' });
    const other = await first.client.submit(tasks.where, {});
    await first.close();

    const fewer = { ...pools, gpu: { tags: ['gpu', 'us'] } };
    const [second, laneGone] = await warnings({ persist, pools: fewer });
    await second.close();
    expect(laneGone).toMatchObject([
      { message: expect.stringContaining('a lane is gone'), pool: 'gpu', lane: 'high', messages: 1 },
    ]);

    const [third, poolGone] = await warnings({ persist, workers: 1 });
    expect(poolGone).toMatchObject([
      { message: expect.stringContaining('a pool is gone'), pool: 'gpu', messages: 1 },
    ]);
    // What belongs to other pools is not held up.
    await third.client.result(other, patience);
    expect((await third.client.get(kept)).status).toBe('ready');
    await third.close();

    const settings = { discoveryPeriod: '1h' } as const; // by its message, not by a new doorbell
    const [fourth, after] = await warnings({ persist, workers: 1, pools, settings });
    expect(after).toEqual([]);
    expect(await fourth.client.wait(kept, patience)).toMatchObject({ status: 'succeeded' });
    await fourth.close();
  });

  test('a pool that nothing comes to is told', async () => {
    const [runtime, told] = await warnings({
      pools: { plain: {}, gpu: { tags: ['gpu', 'eu'] }, late: { tags: ['eu'] } },
    });
    await runtime.close();
    expect(told).toMatchObject([
      { message: 'nothing comes to a pool', pool: 'plain', reason: 'it has no tags' },
      { pool: 'late', reason: 'the pool gpu carries all of its tags' },
    ]);
  });
});

describe('what is refused', () => {
  test.each([
    [[], 'pools'],
    ['gpu', 'pools'],
    [{ '9gpu': {} }, 'pools.9gpu'],
    [{ 'a b': {} }, 'pools.a b'],
    [{ gpu: 1 }, 'pools.gpu'],
    [{ gpu: { tags: 'gpu' } }, 'pools.gpu.tags'],
    [{ gpu: { tags: [''] } }, 'pools.gpu.tags.0'],
    [{ gpu: { lanes: ['high', 'urgent'] } }, 'pools.gpu.lanes.1'],
    [{ gpu: { workers: 65 } }, 'pools.gpu.workers'],
    [{ gpu: { workers: 1.5 } }, 'pools.gpu.workers'],
    [{ gpu: { memory: 128 } }, 'pools.gpu'],
  ])('%j', async (given, field) => {
    await expect(startLocal({ tasks, port: 0, pools: given as never })).rejects.toMatchObject({
      code: 'InvalidSetting',
      field,
      message: expect.stringContaining(`The pools are not as they should be at ${field}: `),
      hint: expect.stringContaining('--pools'),
    });
  });

  test.each([
    ['{"gpu":', 'InvalidSetting: What --pools gives is not JSON: '],
    [
      '{"gpu":{"lanes":["urgent"]}}',
      'InvalidSetting: The pools are not as they should be at pools.gpu.lanes.0: ',
    ],
    ['/no/such/pools.json', 'InvalidSetting: The file /no/such/pools.json of --pools cannot be read: '],
    [main, `InvalidSetting: The file ${main} of --pools is not JSON: `],
  ])('npm start -- --pools %s', async (given, message) => {
    const { code, err } = await holdfast(['dev', '--port', '0', '--pools', given], {});
    expect(err.startsWith(message), err).toBe(true);
    expect(err).toMatch(/\nhint: .*--pools/);
    expect(code).toBe(2);
  });
});
