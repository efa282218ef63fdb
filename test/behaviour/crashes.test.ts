import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { WorkerProcess, workerCommand } from '../support/worker-process.ts';
import * as tasks from './crash-tasks.ts';

const file = fileURLToPath(new URL('./crash-tasks.ts', import.meta.url));

// Processes start in here, on a machine that other suites keep busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const patience = { timeout: 60_000, interval: 50 };

let runtime: LocalRuntime;
beforeAll(async () => {
  runtime = await startLocal({
    tasks: file,
    port: 0,
    workers: 0,
    settings: { discoveryPeriod: '500ms', abortGrace: '200ms' },
  });
});
afterAll(() => runtime.close());

async function start(id: string, env: Readonly<Record<string, string>> = {}): Promise<WorkerProcess> {
  const worker = new WorkerProcess(workerCommand(file, '--id', id, '--max-parallel', '9'), {
    ...runtime.env,
    ...env,
  });
  await worker.says(`holdfast worker ready ${id}\n`);
  return worker;
}

describe('inline, what ends the process is a crash of its worker', () => {
  test.each([
    { how: 'exit', exited: [7, null] },
    { how: 'exit 0', exited: [0, null] },
    { how: 'abort', exited: [null, 'SIGABRT'] },
    { how: 'memory', exited: [null, 'SIGABRT'] },
  ] as const)(
    '$how: each of its tasks spends an attempt, and another worker takes over',
    async ({ exited, how }) => {
      const id = `dies-of-${how.replace(' ', '-')}`;
      const killed = await start(id, { NODE_OPTIONS: '--max-old-space-size=80' });
      const neighbour = await runtime.client.submit(tasks.neighbour, {});
      await expect.poll(async () => (await runtime.client.get(neighbour)).status, patience).toBe('running');
      const once = await runtime.client.submit(tasks.fatal, how, { maxAttempts: 1 });
      expect(await killed.exited).toEqual(exited);
      const error = { type: 'WorkerLost', code: 'WorkerLost', attempt: 1, workerId: id };
      // Nobody executes anything: discovery ends what has no attempt left.
      expect(await runtime.client.wait(once, { timeout: '60s' })).toMatchObject({
        status: 'failed',
        attempt: 1,
        error: { ...error, message: expect.stringContaining('The worker stopped renewing its lease') },
      });
      expect(await runtime.client.get(neighbour)).toMatchObject({ status: 'running', attempt: 1 });
      await start(`heir-of-${id}`);
      expect(await runtime.client.result(neighbour, { timeout: '60s' })).toEqual({
        attempt: 2,
        workerId: `heir-of-${id}`,
      });
    },
  );

  test('what took over shows the crash as its cause, until it is done', async () => {
    const killed = await start('first');
    const run = await runtime.client.submit(tasks.fatal, 'exit');
    expect(await killed.exited).toEqual([7, null]);
    await start('second');
    await expect
      .poll(() => runtime.client.get(run), patience)
      .toMatchObject({
        status: 'running',
        attempt: 2,
        workerId: 'second',
        error: { type: 'WorkerLost', attempt: 1, workerId: 'first' },
      });
    await runtime.client.cancel(run, { mode: 'abort' });
    expect((await runtime.client.wait(run, { timeout: '60s' })).status).toBe('cancelled');
  });
});

describe('what is no error', () => {
  const messages = {
    text: 'just text',
    undefined: 'undefined',
    null: 'null',
    number: '0',
    object: '{"a":1}',
    symbol: 'Symbol(odd)',
    bare: '{}',
    'a function': '() => 1',
    'no text': 'something was thrown that cannot be described',
  };
  const hows = ['thrown', 'rejected', 'in a timer'] as const;
  const whats = Object.keys(messages) as (keyof typeof messages)[];

  test.each([
    ['inline', tasks.oddInline],
    ['on a thread', tasks.oddOnThread],
  ])(
    '%s: thrown, left to nobody or in a timer, it fails one attempt with its message, and the process goes on',
    async (where, task) => {
      const id = `odd-${where.replaceAll(' ', '-')}`;
      const worker = await start(id);
      const each = whats.flatMap((what) =>
        hows.map(async (how) => {
          const run = await runtime.client.submit(task as typeof tasks.oddInline, { what, how });
          const { attempt, status, ...ended } = await runtime.client.wait(run, { timeout: '60s' });
          const failed = { what, how, attempt, status, error: 'error' in ended && ended.error };
          const error = { type: 'NonError', message: messages[what], attempt: 1, workerId: id };
          expect(failed).toEqual({ what, how, attempt: 1, status: 'failed', error });
        }),
      );
      await Promise.all(each);
      worker.kill('SIGTERM');
      expect(await worker.exited).toEqual([0, null]);
    },
  );
});
