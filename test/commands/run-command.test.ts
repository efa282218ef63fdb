import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findProgram } from '../../lib/commands/allowed.ts';
import { type CommandInput, type CommandOptions, runCommand } from '../../lib/commands/index.ts';
import { serialize } from '../../lib/model/serialize.ts';
import { expectGone, isAlive } from '../local/processes.ts';

const node = process.execPath;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-command-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

/** Runs JavaScript in a node of its own. */
const script = (code: string, over: Partial<CommandInput> = {}, options: Partial<CommandOptions> = {}) =>
  runCommand(
    { allow: [node], ...options },
    { program: node, ...over, args: ['-e', code, ...(over.args ?? [])] },
  );

const refused = (code: string, field: string) => expect.objectContaining({ code, field });

describe('a command', () => {
  it('gives its exit code and what it wrote', async () => {
    expect(await script('console.log("out"); console.error("err")')).toEqual({
      exitCode: 0,
      stdout: 'out\n',
      stderr: 'err\n',
      stdoutTruncated: false,
      stderrTruncated: false,
      durationMs: expect.any(Number),
    });
  });

  it('reads what it is given, and may leave it unread', async () => {
    const read = await script('process.stdin.pipe(process.stdout)', { stdin: 'ä\u0000\n'.repeat(3_000) });
    expect(read.stdout).toBe('ä\u0000\n'.repeat(3_000));
    expect((await script('process.stdin.pipe(process.stdout)')).stdout).toBe('');
    expect((await script('process.exit()', { stdin: 'x'.repeat(1_000_000) })).exitCode).toBe(0);
  });

  it('gets its arguments as they are: no shell looks at them', async () => {
    const args = [
      `; touch ${directory}/owned`,
      `$(touch ${directory}/owned)`,
      '`id`',
      '| cat /etc/passwd',
      '*',
      '~',
      '$HOME',
      '',
      ' ',
      '"\'\\',
      'two\nlines',
      '--',
      '--eval',
      '日本\u{1f600}',
    ];
    const { stdout } = await script('console.log(JSON.stringify(process.argv.slice(1)))', {
      args: ['--', ...args],
    });
    expect(JSON.parse(stdout)).toEqual(args);
    await expect(readFile(join(directory, 'owned'))).rejects.toThrow('ENOENT');
  });

  it('gets any arguments as they are', async () => {
    const argument = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !text.includes('\0'));
    const args = fc.sample(argument, 1_000);
    const { stdout } = await script(
      'console.log(process.argv.slice(1).map((each) => Buffer.from(each).toString("base64url")).join())',
      { args: ['--', ...args] },
      { maxOutputBytes: 150_000 },
    );
    expect(stdout).toBe(`${args.map((each) => Buffer.from(each).toString('base64url')).join()}\n`);
  });

  it('sees no variable that nobody named', async () => {
    vi.stubEnv('SECRET_KEY', 'canary');
    vi.stubEnv('HARMLESS', 'told');
    const names = 'console.log(Object.keys(process.env).sort().join())';
    expect((await script(names)).stdout).toBe('HOLDFAST_PROCESS,PATH\n');
    const hostile = JSON.parse('{"__proto__": "x"}');
    expect((await script(names, { env: hostile })).stdout).toBe('HOLDFAST_PROCESS,PATH\n');
    const show = 'console.log(process.env.HARMLESS, process.env.SECRET_KEY, process.env.LANG)';
    const { stdout } = await script(
      show,
      { env: { LANG: 'de' } },
      { env: ['HARMLESS', 'MISSING'], inputEnv: ['LANG'] },
    );
    expect(stdout).toBe('told undefined de\n');
  });

  it.each(['PATH', 'LD_PRELOAD', 'HOLDFAST_PROCESS', 'constructor', 'HARMLESS'])(
    'cannot be given the variable %s by an input that may not set it',
    async (name) => {
      const env = Object.fromEntries([[name, 'x']]);
      const running = script('', { env }, { env: ['HARMLESS'], inputEnv: ['LANG'] });
      await expect(running).rejects.toThrow(refused('CommandNotAllowed', `input.env.${name}`));
    },
  );
});

describe('only what is allowed runs', () => {
  it.each([
    'sh',
    '/bin/sh',
    'nod',
    `${node} `,
    `${node}/`,
    `.${node}`,
    'constructor',
    '__proto__',
    node.slice(1),
  ])('not %s', async (program) => {
    const running = runCommand({ allow: [node, 'node'] }, { program });
    await expect(running).rejects.toThrow(refused('CommandNotAllowed', 'input.program'));
  });

  it.each<[string, Partial<CommandInput>]>([
    ['input.program', { program: '' }],
    ['input.program', { program: 'sh\0' }],
    ['input.program', { program: 7 as never }],
    ['input.args.1', { args: ['-e', 'a\0b'] }],
    ['input.args.0', { args: ['\ud800'] }],
    ['input.args.0', { args: ['x'.repeat(131_072)] }],
    ['input.args.0', { args: ['ä'.repeat(66_000)] }],
    ['input.args', { args: '-e' as never }],
    ['input.args', { args: Array<string>(10_001).fill('') }],
    ['input.env.LANG', { env: { LANG: 'a\0PATH=/tmp' } }],
    ['input.cwd', { cwd: 'a\0b' }],
    ['input', { shell: true } as never],
  ])('%s: not %o', async (field, over) => {
    const running = runCommand({ allow: [node], inputEnv: ['LANG'] }, { program: node, ...over });
    await expect(running).rejects.toThrow(refused('InvalidInput', field));
  });

  it('takes an argument as long as the system does', async () => {
    const args = ['x'.repeat(131_071)];
    expect((await script('console.log(process.argv[1].length)', { args })).stdout).toBe('131071\n');
  });

  it('says so where all arguments together are too long', async () => {
    vi.stubEnv('LONG', 'x'.repeat(130_000));
    const args = Array<string>(20).fill('x'.repeat(131_000));
    await expect(script('', { args }, { env: ['LONG'] })).rejects.toMatchObject({
      code: 'CommandFailed',
      message: `${node} could not be started: E2BIG`,
    });
  });

  it('finds a program in PATH, but not where the worker happens to be', async () => {
    const file = join(directory, 'tool');
    await writeFile(file, '#!/bin/sh\necho ran "$1"\n');
    vi.stubEnv('PATH', `${relative(process.cwd(), directory)}:${process.env.PATH}`);
    const notFound = {
      code: 'CommandNotFound',
      field: 'input.program',
      message: expect.stringContaining('tool'),
    };
    const run = () => runCommand({ allow: ['tool'] }, { program: 'tool', args: ['it'] });
    await chmod(file, 0o755);
    await expect(run()).rejects.toMatchObject(notFound);
    vi.stubEnv('PATH', `${directory}:${process.env.PATH}`);
    expect((await run()).stdout).toBe('ran it\n');
    await chmod(file, 0o644);
    await expect(run()).rejects.toMatchObject(notFound);
    await mkdir(join(directory, 'folder'));
    await expect(findProgram('folder', directory)).rejects.toMatchObject({ code: 'CommandNotFound' });
  });

  it.each(['missing', 'text'])('a program that cannot be executed is CommandNotFound: %s', async (name) => {
    await writeFile(join(directory, 'text'), '#!/no/such/interpreter\n', { mode: 0o755 });
    const program = join(directory, name);
    await expect(runCommand({ allow: [program] }, { program })).rejects.toMatchObject({
      code: 'CommandNotFound',
      message: `There is no program ${program} that can be executed here`,
    });
  });
});

describe('the directory of a command', () => {
  const where = (over: Partial<CommandInput>) =>
    script('console.log(process.cwd())', over, { cwd: directory });

  beforeEach(async () => {
    await mkdir(join(directory, 'root', 'below'), { recursive: true });
    await mkdir(join(directory, 'root-sibling'));
    directory = join(directory, 'root');
  });
  afterEach(() => {
    directory = join(directory, '..');
  });

  it('is the one of the task, or one below', async () => {
    expect((await where({})).stdout).toBe(`${directory}\n`);
    expect((await where({ cwd: 'below' })).stdout).toBe(`${directory}/below\n`);
    expect((await where({ cwd: 'below/../below/.' })).stdout).toBe(`${directory}/below\n`);
    expect((await where({ cwd: '.' })).stdout).toBe(`${directory}\n`);
  });

  it.each(['..', '../root-sibling', 'below/../../root-sibling', '/', '/tmp', './..', 'below/../..'])(
    'is never %s',
    async (cwd) => {
      await expect(where({ cwd })).rejects.toThrow(refused('CommandNotAllowed', 'input.cwd'));
    },
  );

  it('is not left by a link', async () => {
    await symlink('../root-sibling', join(directory, 'out'));
    await symlink('below', join(directory, 'in'));
    await expect(where({ cwd: 'out' })).rejects.toThrow(refused('CommandNotAllowed', 'input.cwd'));
    expect((await where({ cwd: 'in' })).stdout).toBe(`${directory}/below\n`);
  });

  it('has to be there, and be one', async () => {
    await writeFile(join(directory, 'file'), '');
    for (const cwd of ['missing', 'file', 'file/below']) {
      await expect(where({ cwd })).rejects.toMatchObject({
        code: 'InvalidInput',
        field: 'input.cwd',
        message: `input.cwd: there is no directory "${cwd}"`,
      });
    }
  });

  it('can be given as a file URL', async () => {
    const cwd = new URL('./fixtures/', import.meta.url);
    const { stdout } = await script('console.log(process.cwd())', {}, { cwd });
    expect(`${stdout.trim()}/`).toBe(fileURLToPath(cwd));
  });
});

describe('what is kept of the outputs', () => {
  const flood = 'const s = "0123456789".repeat(100_000); process.stdout.write(s); process.stderr.write(s)';

  it('is their beginnings, while the program writes on undisturbed', async () => {
    const kept = await script(`${flood}; process.stdout.write("end")`, {}, { maxOutputBytes: 25 });
    expect(kept).toMatchObject({
      exitCode: 0,
      stdout: '0123456789012345678901234',
      stderr: '0123456789012345678901234',
      stdoutTruncated: true,
      stderrTruncated: true,
    });
  });

  it('is all of it where it fits', async () => {
    const exact = await script(
      'process.stdout.write("12345"); process.stderr.write("123456")',
      {},
      { maxOutputBytes: 5 },
    );
    expect(exact).toMatchObject({
      stdout: '12345',
      stdoutTruncated: false,
      stderr: '12345',
      stderrTruncated: true,
    });
  });

  it.each([
    ['zäh', 2, 'z'],
    ['zäh', 3, 'zä'],
    ['a\u{1f600}b', 4, 'a'],
    ['a\u{1f600}b', 5, 'a\u{1f600}'],
    ['\ufeffx', 10, '\ufeffx'],
    ['""""', 4, '""'],
    ['\u0001\u0001', 11, '\u0001'],
  ])('of %j, %i bytes of JSON are %j', async (text, maxOutputBytes, kept) => {
    const code = `process.stdout.write(${JSON.stringify(text)})`;
    const { stdout, stdoutTruncated } = await script(code, {}, { maxOutputBytes });
    expect({ stdout, stdoutTruncated }).toEqual({ stdout: kept, stdoutTruncated: kept !== text });
  });

  it('fits into a result, whatever the bytes are', async () => {
    const code =
      'for (const s of [process.stdout, process.stderr]) s.write(Buffer.alloc(500_000, Buffer.from([0, 255, 34])))';
    const output = await script(code, {}, { maxOutputBytes: 150_000 });
    const bytes = Buffer.byteLength(serialize(output));
    expect(bytes).toBeLessThan(300_400);
    expect(bytes).toBeGreaterThan(299_900);
  });
});

describe('a command fails', () => {
  it('with its exit code and the end of what it said', async () => {
    const code =
      'process.stderr.write("x".repeat(100_000) + "\\nat last: no space left\\n", () => process.exit(3))';
    await expect(script(code, {}, { maxOutputBytes: 10 })).rejects.toMatchObject({
      code: 'CommandFailed',
      message: expect.stringMatching(/^\S+ ended with exit code 3: x+\nat last: no space left$/),
    });
    await expect(script('process.exit(1)')).rejects.toMatchObject({
      message: `${node} ended with exit code 1`,
    });
  });

  it('unless the code is one that the task expects', async () => {
    const success = [0, 3];
    expect(await script('process.exit(3)', {}, { success })).toMatchObject({ exitCode: 3 });
    await expect(script('process.exit(4)', {}, { success })).rejects.toMatchObject({ code: 'CommandFailed' });
    await expect(script('', {}, { success: [3] })).rejects.toMatchObject({ code: 'CommandFailed' });
  });

  it('when a signal ends it', async () => {
    const code = 'process.kill(process.pid, "SIGKILL")';
    await expect(script(code)).rejects.toMatchObject({ message: `${node} was ended by SIGKILL` });
    expect(await script(code, {}, { success: 'any' })).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  });
});

describe('what a program leaves behind', () => {
  const family = fileURLToPath(new URL('./fixtures/family.js', import.meta.url));
  const program = fileURLToPath(new URL('./fixtures/worker.ts', import.meta.url));
  const pidsIn = async (file: string) =>
    (await readFile(file, 'utf8').catch(() => '')).trim().split('\n').map(Number);

  /** Runs a family until all of it has said that it is there, then does as told. */
  async function run(modes: readonly string[], count: number, options: Partial<CommandOptions> = {}) {
    const file = join(directory, 'pids');
    const abort = new AbortController();
    const input = { program: node, args: [family, file, ...modes] };
    const running = runCommand({ allow: [node], ...options }, input, { signal: abort.signal });
    running.catch(() => {});
    await expect.poll(async () => (await pidsIn(file)).length, { timeout: 15_000 }).toBe(count);
    return { abort, running, pids: await pidsIn(file) };
  }

  it('is ended with it: children, sessions of their own, orphans', async () => {
    const { running, pids } = await run(['child', 'detached', 'orphan', 'nested', 'ends-sixth'], 6, {
      killGrace: '50ms',
    });
    await expect(running).resolves.toMatchObject({ exitCode: 0 });
    await expectGone(pids);
  });

  it('is ended with it when it is no longer wanted; the deaf are killed', async () => {
    const modes = ['stays', 'deaf', 'child', 'deaf-child', 'detached', 'orphan'];
    const { abort, pids, running } = await run(modes, 6, { killGrace: '50ms' });
    const reason = new Error('no longer wanted');
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expectGone(pids);
  });

  it('is asked first: a program that ends by itself is given the time', async () => {
    const file = join(directory, 'last-words');
    const code = `process.on('SIGTERM', () => setTimeout(() => {
      require('node:fs').writeFileSync(${JSON.stringify(file)}, 'told once');
      process.exit();
    }, 50)).once('SIGTERM', () => process.once('SIGTERM', () => process.exit()));
    setInterval(() => {}, 1_000); console.log('ready'); require('node:fs').writeFileSync(${JSON.stringify(`${file}-ready`)}, '');`;
    const abort = new AbortController();
    const input = { program: node, args: ['-e', code] };
    const running = runCommand({ allow: [node], killGrace: '1m' }, input, { signal: abort.signal });
    await expect.poll(() => readFile(`${file}-ready`, 'utf8').catch(() => undefined)).toBe('');
    abort.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(await readFile(file, 'utf8')).toBe('told once');
  });

  it('cannot hold back the result, even where nobody can find it', async () => {
    const { running, pids } = await run(['hidden'], 2);
    await expect(running).resolves.toMatchObject({ exitCode: 0 });
    const alive = pids.filter(isAlive);
    expect(alive).toHaveLength(1);
    for (const pid of alive) process.kill(pid, 'SIGKILL');
  });

  it.each([
    ['is killed', (worker: number) => process.kill(worker, 'SIGKILL')],
    ['ends by itself', (worker: number) => process.kill(worker, 'SIGUSR2')],
  ])('does not outlive its worker, when that one %s', async (_, end) => {
    const file = join(directory, 'pids');
    const worker = spawn(
      node,
      [
        '--conditions=holdfast-source',
        program,
        node,
        family,
        file,
        'stays',
        'deaf',
        'deaf-child',
        'detached',
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    await expect.poll(async () => (await pidsIn(file)).length, { timeout: 15_000 }).toBe(3);
    const pids = await pidsIn(file);
    end(worker.pid ?? 0);
    await expectGone(pids);
  });

  it('is nothing where it was never started: an abort before the start', async () => {
    const reason = new Error('too late');
    const input = { program: node, args: ['-e', `require('node:fs').writeFileSync('${directory}/ran', '')`] };
    await expect(runCommand({ allow: [node] }, input, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    await expect(readFile(join(directory, 'ran'))).rejects.toThrow('ENOENT');
  });
});
