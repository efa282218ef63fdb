import { mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../lib/commands/index.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { expectGone } from '../local/processes.ts';
import { startStandIn } from './stand-in.ts';

vi.setConfig({ testTimeout: 90_000 });

const hasSdk = await import('@openai/agents').then(
  () => true,
  () => {
    console.log('skipped: agent tasks (the package @openai/agents is not installed)');
    return false;
  },
);

describe.runIf(hasSdk)('POST /tasks with a prompt, where the default task is the agent', () => {
  let standIn: Awaited<ReturnType<typeof startStandIn>>;
  let runtime: LocalRuntime;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-agent-'));
    await mkdir(join(directory, 'inside', 'deeper'), { recursive: true });
    await writeFile(join(directory, 'secret.txt'), 'the canary');
    await writeFile(join(directory, 'inside', 'note.txt'), 'milk and bread');
    await symlink('../secret.txt', join(directory, 'inside', 'link.txt'));
    standIn = await startStandIn();
    vi.stubEnv('OPENAI_BASE_URL', standIn.url);
    vi.stubEnv('OPENAI_API_KEY', 'a-test-key');
    vi.stubEnv('AGENT_DIRECTORY', join(directory, 'inside'));
    vi.stubEnv('AGENT_COMMANDS', 'cat,sh');
    runtime = await startLocal({
      tasks: new URL('../../examples/tasks.ts', import.meta.url),
      port: 0,
      workers: 1,
      defaultTask: 'agent',
      settings: { lease: '3s' },
    });
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await runtime.close();
    await standIn.close();
    await rm(directory, { recursive: true });
  });

  async function post(body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${runtime.url}/tasks`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async function postAndWait(request: object) {
    const { body, status } = await post({ maxAttempts: 1, timeout: 45, ...request });
    expect(status).toBe(202);
    return await runtime.client.wait(String(body.id), { timeout: '50s' });
  }

  /** What the tools told the model. */
  const toldByTools = () =>
    standIn.asked
      .at(-1)
      ?.messages.filter(({ role }) => role === 'tool')
      .map(({ content }) => content);

  it('is a run whose result is what the agent says and does', async () => {
    standIn.setModel((_, turn) =>
      turn === 1
        ? { tool: 'list_files', input: { path: '.' } }
        : turn === 2
          ? { tool: 'read_file', input: { path: 'note.txt' } }
          : 'milk',
    );
    const finished = await postAndWait({ prompt: 'what shall I buy first?' });
    expect(finished).toMatchObject({
      task: 'agent',
      status: 'succeeded',
      output: { answer: 'milk', exitCode: 0, stdoutTruncated: false, stderrTruncated: false },
    });
    expect(standIn.asked[0]?.messages.at(-1)).toMatchObject({
      role: 'user',
      content: 'what shall I buy first?',
    });
    expect(standIn.asked[0]?.tools?.map((tool) => tool.function.name)).toEqual(['list_files', 'read_file']);
    expect(standIn.keys.at(-1)).toBe('Bearer a-test-key');
    expect(toldByTools()).toEqual(['deeper/\nlink.txt\nnote.txt', 'milk and bread']);
    const { stderr } = (finished as unknown as { output: { stderr: string } }).output;
    const done = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(done).toEqual([
      { tool: 'list_files', arguments: '{"path":"."}', output: 'deeper/\nlink.txt\nnote.txt' },
      { tool: 'read_file', arguments: '{"path":"note.txt"}', output: 'milk and bread' },
    ]);
  });

  it.each<[object, string]>([
    [{ timeout: 5 }, 'prompt'],
    [{}, 'prompt'],
    [{ prompt: '' }, 'prompt'],
    [{ prompt: 7, timeout: 5 }, 'prompt'],
    [{ prompt: 'x', allowedTools: ['rm'] }, 'allowedTools.0'],
    [{ prompt: 'x', maxTurns: 0 }, 'maxTurns'],
    [{ prompt: 'x', timeout: 'soon' }, 'timeout'],
  ])('%j is refused, naming the field, and nobody is asked', async (body, field) => {
    standIn.setModel(() => 'never');
    const before = (await runtime.client.list()).runs.length;
    expect(await post(body)).toMatchObject({ status: 400, body: { field } });
    expect((await runtime.client.list()).runs).toHaveLength(before);
    expect(standIn.asked).toEqual([]);
  });

  it('has no tools but those that it is allowed', async () => {
    standIn.setModel(() => 'done');
    await postAndWait({ prompt: 'x', allowedTools: [] });
    expect(standIn.asked[0]?.tools ?? []).toEqual([]);
    standIn.setModel(() => ({ tool: 'read_file', input: { path: 'note.txt' } }));
    expect(await postAndWait({ prompt: 'x', allowedTools: ['list_files'] })).toMatchObject({
      status: 'failed',
      error: { code: 'CommandFailed', message: expect.stringContaining('read_file') },
    });
    expect(toldByTools()).toEqual([]);
  });

  it('sees nothing outside of its directory', async () => {
    const paths = [
      '../secret.txt',
      'link.txt',
      join(directory, 'secret.txt'),
      'deeper/../../secret.txt',
      '/etc/passwd',
    ];
    standIn.setModel((_, turn) => {
      const path = paths[turn - 1];
      return path === undefined ? 'gave up' : { tool: 'read_file', input: { path } };
    });
    expect(await postAndWait({ prompt: 'x' })).toMatchObject({
      status: 'succeeded',
      output: { answer: 'gave up' },
    });
    expect(toldByTools()).toHaveLength(paths.length);
    for (const told of toldByTools() ?? []) expect(told).toContain('is not below the directory');
    expect(JSON.stringify(standIn.asked)).not.toContain('canary');
  });

  it('reads how a file begins that is larger than memory', async () => {
    const huge = join(directory, 'inside', 'huge.log');
    await writeFile(huge, 'the first line');
    await truncate(huge, 3 * 2 ** 30);
    standIn.setModel((_, turn) => (turn > 1 ? 'seen' : { tool: 'read_file', input: { path: 'huge.log' } }));
    expect(await postAndWait({ prompt: 'x' })).toMatchObject({ status: 'succeeded' });
    expect(toldByTools()).toEqual([expect.stringMatching(/^the first line\0+$/)]);
    expect(String(toldByTools()?.[0])).toHaveLength(20_000);
    await rm(huge);
  });

  it('runs commands where it may, and only those on the list', async () => {
    standIn.setModel((_, turn) => {
      const command = [
        { program: 'cat', args: ['note.txt'] },
        { program: 'rm', args: ['-rf', '.'] },
      ][turn - 1];
      return command === undefined ? 'done' : { tool: 'run_command', input: command };
    });
    expect(await postAndWait({ prompt: 'x', allowedTools: ['run_command'] })).toMatchObject({
      status: 'succeeded',
    });
    const [first, second] = toldByTools() ?? [];
    expect(JSON.parse(String(first))).toMatchObject({ exitCode: 0, stdout: 'milk and bread' });
    expect(second).toBe('input.program: "rm" is not among the programs allowed');
  });

  it('ends when it is cancelled, with what its tools have started', async () => {
    const args = ['-c', 'sleep 600 & echo $! >pid; wait'];
    standIn.setModel(() => ({ tool: 'run_command', input: { program: 'sh', args } }));
    const { body } = await post({ prompt: 'x', allowedTools: ['run_command'] });
    const pid = async () => Number(await readFile(join(directory, 'inside', 'pid'), 'utf8').catch(() => ''));
    await expect.poll(pid, { timeout: 40_000 }).toBeGreaterThan(0);
    await runtime.client.cancel(String(body.id), { mode: 'abort' });
    await expectGone([await pid()]);
    expect(await runtime.client.wait(String(body.id), { timeout: '40s' })).toMatchObject({
      status: 'cancelled',
    });
  });

  it('ends at its timeout while it waits for the model', async () => {
    standIn.setModel(() => undefined);
    expect(await postAndWait({ prompt: 'x', timeout: 5 })).toMatchObject({
      status: 'failed',
      error: { code: 'TimedOut', message: 'The attempt exceeded its timeout of 5000 ms' },
    });
    await expect.poll(() => standIn.open()).toBe(0);
  });

  it('tells what the endpoint refuses, and is tried again', async () => {
    standIn.setModel(() => 401);
    expect(await postAndWait({ prompt: 'x', maxAttempts: 2 })).toMatchObject({
      status: 'failed',
      attempt: 2,
      error: { code: 'CommandFailed', message: expect.stringContaining('the stand-in refuses') },
    });
    standIn.setModel(() => ({ tool: 'list_files', input: { path: '.' } }));
    expect(await postAndWait({ prompt: 'x', maxTurns: 3 })).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('MaxTurnsExceededError') },
    });
    expect(standIn.asked).toHaveLength(3);
  });
});

describe("the agent's program says what it lacks", () => {
  const program = fileURLToPath(new URL('../../examples/agent/program.ts', import.meta.url));
  const withoutSdk = `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module';
    registerHooks({ resolve(name, context, next) {
      if (name !== '@openai/agents') return next(name, context);
      throw Object.assign(new Error('gone'), { code: 'ERR_MODULE_NOT_FOUND' });
    } });`)}`;

  async function run(env: Record<string, string>, request: object = {}, args: readonly string[] = []) {
    const node = process.execPath;
    return await runCommand(
      { allow: [node], inputEnv: Object.keys(env), success: 'any' },
      {
        program: node,
        args: ['--conditions=holdfast-source', ...args, program],
        env,
        stdin: JSON.stringify({ prompt: 'x', ...request }),
      },
    );
  }

  it('a key', async () => {
    expect(await run({})).toMatchObject({
      exitCode: 2,
      stderr: 'The agent needs OPENAI_API_KEY, or OPENAI_BASE_URL\n',
    });
  });

  it('programs to run', async () => {
    expect(await run({ OPENAI_API_KEY: 'k' }, { allowedTools: ['run_command'] })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('needs AGENT_COMMANDS'),
    });
  });

  it('its SDK', async () => {
    expect(await run({ OPENAI_API_KEY: 'k' }, {}, ['--import', withoutSdk])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('needs the package @openai/agents'),
    });
  });
});
