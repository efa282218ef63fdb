import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { findDynoxide } from '../../lib/local/dynoxide.ts';
import { listen } from '../../lib/local/ports.ts';
import { expectGone, isAlive } from './processes.ts';

const hasDynoxide = (await findDynoxide()) !== undefined;
const main = fileURLToPath(new URL('../../lib/local/main.ts', import.meta.url));
const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}.ts`, import.meta.url));

function run(script: string, ...args: string[]): ChildProcess & { stdout: NodeJS.ReadableStream } {
  const child = spawn(process.execPath, ['--conditions=holdfast-source', script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  return child as ChildProcess & { stdout: NodeJS.ReadableStream };
}

/** All processes below one, from the process table. */
function descendants(pid: number): number[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    table.flatMap(([child = 0, of]) => (of === parent ? [child, ...below(child)] : []));
  return below(pid).filter(isAlive);
}

async function firstLine(child: { stdout: NodeJS.ReadableStream }): Promise<string> {
  const [line] = await once(createInterface(child.stdout), 'line');
  return line;
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'says when it is ready, and ends everything on %s',
  async (signal) => {
    const child = run(main, '--port', '0', '--tasks', fixture('tasks'));
    const output = text(child.stdout);
    const ready = await firstLine(child);
    expect(ready).toMatch(/^holdfast ready http:\/\/127\.0\.0\.1:\d+$/);
    const answer = await fetch(`${ready.split(' ')[2]}/health`);
    expect(answer.status).toBe(200);
    const pids = descendants(child.pid ?? 0);
    expect(pids.length).toBeGreaterThanOrEqual(3);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await output).toBe(`${ready}\n`);
    await expectGone(pids);
  },
);

test('kill -9 leaves no process, an executor that never yields included', async () => {
  const child = run(fixture('runtime-program'));
  const pids: number[] = JSON.parse(await firstLine(child));
  expect(pids.length).toBeGreaterThanOrEqual(2);
  expect(pids.every(isAlive)).toBe(true);
  const all = [...new Set([...pids, ...descendants(child.pid ?? 0)])];
  child.kill('SIGKILL');
  await expectGone(all);
});

test('a --persist directory is taken by one program, and free again after kill -9', async () => {
  const persist = await mkdtemp(join(tmpdir(), 'holdfast-persist-'));
  onTestFinished(() => rm(persist, { recursive: true, force: true }));
  const args = ['--port', '0', '--workers', '1', '--tasks', fixture('tasks'), '--persist', persist];
  const first = run(main, ...args);
  await firstLine(first);
  const second = run(main, ...args);
  const [errors, [exitCode]] = await Promise.all([
    text(second.stderr as NodeJS.ReadableStream),
    once(second, 'exit'),
  ]);
  expect(errors).toContain(
    `DirectoryInUse: The directory ${persist} is in use by another runtime, process ${first.pid}`,
  );
  expect(errors).toContain('hint: ');
  expect(exitCode).toBe(1);
  const pids = descendants(first.pid ?? 0);
  first.kill('SIGKILL');
  await expectGone(pids);
  expect(await firstLine(run(main, ...args))).toMatch(/^holdfast ready /);
}, 60_000);

test.runIf(hasDynoxide)('ends with a clear message when its DynamoDB dies', async () => {
  const child = run(main, '--port', '0', '--workers', '2', '--dynamodb', 'dynoxide');
  const errors = text(child.stderr as NodeJS.ReadableStream);
  await firstLine(child);
  const pids = descendants(child.pid ?? 0);
  const table = execFileSync('ps', ['-A', '-o', 'pid=,comm='], { encoding: 'utf8' });
  const dynoxide = pids.filter((pid) => new RegExp(`^ *${pid} dynoxide$`, 'm').test(table));
  expect(dynoxide).toHaveLength(1);
  for (const pid of dynoxide) process.kill(pid, 'SIGKILL');
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect((await errors).split('\n').filter((line) => !line.startsWith('{'))).toEqual([
    expect.stringMatching(/^EmulatorEnded: The DynamoDB of this runtime has ended by itself/),
    expect.stringMatching(/^hint: /),
    '',
  ]);
  await expectGone(pids);
});

test('serves a tasks module outside of this checkout', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-tasks-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const tasks = join(directory, 'tasks.ts');
  await writeFile(
    tasks,
    `import { defineTask } from 'holdfast';
     import * as z from 'zod';
     export const double = defineTask({ name: 'double', input: z.number(), run: (n: number) => 2 * n });`,
  );
  const child = run(main, '--port', '0', '--tasks', tasks, '--default-task', 'double');
  const url = (await firstLine(child)).split(' ')[2];
  const submitted = await fetch(`${url}/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ task: 'double', input: 21 }),
  });
  const { id } = (await submitted.json()) as { id: string };
  await expect
    .poll(async () => (await fetch(`${url}/tasks/${id}`)).json(), { timeout: 15_000 })
    .toMatchObject({ status: 'succeeded', output: 42 });
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test.each([
  [['--tasks', '/nonexistent.ts'], 2, 'TasksNotLoaded: There is no tasks module /nonexistent.ts'],
  [['--tasks', fixture('broken-handler')], 2, 'TasksNotLoaded: '],
  [['--workers', '65'], 2, 'InvalidSetting: workers must be'],
  [['--port', '99999'], 2, 'hint: Give the option --port (port in code) a value within its range.'],
  [
    ['--function-timeout', '16m'],
    2,
    'InvalidSetting: functionTimeout must be a duration from 1s to 15m, not 16m\nhint: Give the option --function-timeout ',
  ],
  [['--tasks', fixture('exits')], 2, `TasksNotLoaded: The tasks module ${fixture('exits')} ends the process`],
  [
    ['--tasks', fixture('never-loads')],
    2,
    `TasksNotLoaded: The tasks module ${fixture('never-loads')} awaits`,
  ],
  [['--demo', '/nonexistent'], 2, 'InvalidArgument: There is no directory /nonexistent'],
  [['--demo', main], 2, `InvalidArgument: ${main} is a file, not a directory`],
  [['--demo', '--tasks', fixture('tasks')], 2, 'UnknownTask: The demo needs the task file-stats'],
  [['--port', 'first'], 2, "InvalidArgument: option '--port <number>' argument 'first' is invalid"],
  [['--function-timeout', 'soon'], 2, 'InvalidDuration: functionTimeout is not a duration'],
  [['--dynamodb', 'oracle'], 2, 'InvalidArgument: '],
  [['--prot', '1'], 2, "InvalidArgument: unknown option '--prot'"],
  [['surplus'], 2, 'InvalidArgument: too many arguments'],
])('%j is refused in words, with a hint and no stack', async (args, code, message) => {
  const child = run(main, '--port', '0', ...args);
  const [errors, output, [exitCode]] = await Promise.all([
    text(child.stderr as NodeJS.ReadableStream),
    text(child.stdout),
    once(child, 'exit'),
  ]);
  expect(errors).toContain(message);
  expect(errors).toContain('hint: ');
  expect(errors).not.toMatch(/^\s+at /m);
  expect(output).toBe('');
  expect(exitCode).toBe(code);
});

test('a busy port is told with what to do', async () => {
  const other = createServer();
  const port = await listen(other, 0, 'a test');
  onTestFinished(() => new Promise((resolve) => other.close(() => resolve())));
  const child = run(main, '--port', String(port));
  const [errors, [exitCode]] = await Promise.all([
    text(child.stderr as NodeJS.ReadableStream),
    once(child, 'exit'),
  ]);
  expect(errors).toBe(
    `PortInUse: Port ${port} for the API is in use by another program\n` +
      'hint: Choose another port with --port, or end the program that holds it.\n',
  );
  expect(exitCode).toBe(1);
});
