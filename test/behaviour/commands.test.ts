import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHttpClient } from '../../lib/index.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { expectGone } from '../local/processes.ts';
import * as tasks from './commands-tasks.ts';

const node = process.execPath;
let runtime: LocalRuntime;
let directory: string;
let file: string;

vi.setConfig({ testTimeout: 60_000 });

beforeAll(async () => {
  runtime = await startLocal({
    tasks: fileURLToPath(new URL('./commands-tasks.ts', import.meta.url)),
    port: 0,
    workers: 2,
    defaultTask: 'run',
    settings: { discoveryPeriod: '500ms' },
  });
});
afterAll(() => runtime.close());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-commands-'));
  file = join(directory, 'pids');
});
afterEach(() => rm(directory, { recursive: true }));

async function post(body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${runtime.url}/tasks`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Submits a family of processes, and waits until they have all said that they are there. */
async function submitFamily(
  task: typeof tasks.run | typeof tasks.brief,
  modes: readonly string[],
  count: number,
) {
  const run = await runtime.client.submit(task, { program: node, args: [tasks.family, file, ...modes] });
  const pids = async () => {
    const text = await readFile(file, 'utf8').catch(() => '');
    return text.split('\n').filter(Boolean).map(Number);
  };
  await expect.poll(async () => (await pids()).length, { timeout: 30_000, interval: 20 }).toBe(count);
  return { run, pids: await pids() };
}

/** The process id of the executor that has the run. */
async function executorOf(run: { readonly id: string }): Promise<number> {
  const { workerId } = await runtime.client.get(run.id);
  const pid = Number(workerId?.split('-').at(-1));
  expect(runtime.processes().executors).toContain(pid);
  return pid;
}

describe('a command task', () => {
  it.runIf(process.platform === 'linux')('tells what its program took, and not its executor', async () => {
    const burn = `const kept = Buffer.alloc(60e6, 1); while (process.cpuUsage().user < 4e5); process.exit(3)`;
    const run = await runtime.client.submit(
      tasks.brief,
      { program: node, args: ['-e', burn] },
      { timeout: '30s' },
    );
    expect(await runtime.client.wait(run, { timeout: '40s' })).toMatchObject({
      status: 'failed',
      error: { code: 'CommandFailed' },
    });
    const [attempt] = (await runtime.client.attempts(run)).attempts;
    expect(attempt?.resources).not.toHaveProperty('shared');
    expect(attempt?.resources?.userCpuSeconds).toBeGreaterThan(0.2);
    expect(attempt?.resources?.peakMemoryMb).toBeGreaterThan(60);
  });

  it('runs a program in an executor of its own process; its output is the result', async () => {
    const args = ['-e', 'console.log(process.cwd()); console.error(process.argv[1])', '--', '; exit 1'];
    const submitted = await post({ program: node, args });
    expect(submitted.status).toBe(202);
    const finished = await runtime.client.wait(String(submitted.body.id), { timeout: '30s' });
    expect(finished).toMatchObject({
      status: 'succeeded',
      output: {
        exitCode: 0,
        stdout: `${fileURLToPath(new URL('../commands/fixtures', import.meta.url))}\n`,
        stderr: '; exit 1\n',
        stdoutTruncated: false,
      },
    });
  });

  it('refuses at submission what it does not allow, and stores nothing', async () => {
    const before = (await runtime.client.list()).runs.length;
    const refused = async (input: unknown, code: string, field: string) => {
      const { status, body } = await post({ task: 'run', input });
      expect({ status, code: body.code, field: body.field }).toEqual({ status: 400, code, field });
    };
    await refused({ program: 'rm', args: ['-rf', '/'] }, 'CommandNotAllowed', 'input.program');
    await refused({ program: 'sh; rm -rf /' }, 'CommandNotAllowed', 'input.program');
    await refused({ program: '/bin/sh' }, 'CommandNotAllowed', 'input.program');
    await refused({ program: 'sh', cwd: '../..' }, 'CommandNotAllowed', 'input.cwd');
    await refused({ program: 'sh', env: { PATH: '/tmp' } }, 'CommandNotAllowed', 'input.env.PATH');
    await refused({ program: 'sh', args: ['a\0b'] }, 'InvalidInput', 'input.args.0');
    await refused({ args: [] }, 'InvalidInput', 'input.program');
    expect((await runtime.client.list()).runs).toHaveLength(before);
  });

  it('that fails is tried again, and its run tells what the program said last', async () => {
    const script = 'echo x >>"$ATTEMPTS"; test $(wc -l <"$ATTEMPTS") -gt 1 || { echo not yet >&2; exit 7; }';
    const input = { program: 'sh', args: ['-c', script], env: { ATTEMPTS: join(directory, 'attempts') } };
    const later = await runtime.client.submit(tasks.run, input);
    expect(await runtime.client.wait(later, { timeout: '30s' })).toMatchObject({
      status: 'succeeded',
      attempt: 2,
    });
    const never = await runtime.client.submit(tasks.run, {
      program: 'sh',
      args: ['-c', 'echo no disk >&2; exit 7'],
    });
    expect(await runtime.client.wait(never, { timeout: '30s' })).toMatchObject({
      status: 'failed',
      attempt: 2,
      error: { code: 'CommandFailed', message: 'sh ended with exit code 7: no disk' },
    });
  });

  it('whose program is not there says so', async () => {
    const run = await runtime.client.submit(tasks.missing, { program: 'no-such-program' });
    expect(await runtime.client.wait(run, { timeout: '30s' })).toMatchObject({
      status: 'failed',
      error: { code: 'CommandNotFound', message: expect.stringContaining('no-such-program') },
    });
  });
});

describe('the processes of a command are ended, descendants included', () => {
  const modes = ['stays', 'deaf', 'deaf-child', 'detached', 'orphan'];

  it('at its timeout', async () => {
    const { pids, run } = await submitFamily(tasks.brief, modes, 5);
    expect(await runtime.client.wait(run, { timeout: '30s' })).toMatchObject({
      status: 'failed',
      error: { code: 'TimedOut', message: 'The attempt exceeded its timeout of 5000 ms' },
    });
    await expectGone(pids);
  });

  it('at a cancel in abort mode', async () => {
    const { pids, run } = await submitFamily(tasks.run, modes, 5);
    const http = createHttpClient({ url: runtime.url });
    await http.cancel(run, { mode: 'abort', reason: 'no longer wanted' });
    expect(await http.wait(run, { timeout: '30s' })).toMatchObject({ status: 'cancelled', attempt: 1 });
    await expectGone(pids);
  });

  it('when its lease is lost', async () => {
    const { pids, run } = await submitFamily(tasks.run, modes, 5);
    const executor = await executorOf(run);
    process.kill(executor, 'SIGSTOP');
    // Then another one has it, and what the first one does is worth nothing any more.
    await expect.poll(async () => (await runtime.client.get(run)).attempt, { timeout: 40_000 }).toBe(2);
    process.kill(executor, 'SIGCONT');
    await expectGone(pids);
    await runtime.client.cancel(run, { mode: 'abort' });
    await runtime.client.wait(run, { timeout: '30s' });
  });

  it('when its executor is killed', async () => {
    const { pids, run } = await submitFamily(tasks.run, modes, 5);
    process.kill(await executorOf(run), 'SIGKILL');
    await expectGone(pids);
    await runtime.client.cancel(run, { mode: 'abort' });
    await runtime.client.wait(run, { timeout: '40s' });
  });
});
