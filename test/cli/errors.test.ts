import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../lib/cli/exit-codes.ts';
import { errorHints, HoldfastError } from '../../lib/model/errors.ts';
import { failedRun, succeededRun } from '../api/fake-client.ts';
import { deadUrl } from '../api/start-app.ts';
import { startCli } from './run.ts';

describe('errors: a code, what happened, a hint, an exit code', () => {
  it.each<[string, number, string]>([
    ['submitt', 2, "InvalidArgument: unknown command 'submitt'\n(Did you mean submit?)"],
    ['list --jsn', 2, "InvalidArgument: unknown option '--jsn'\n(Did you mean --json?)"],
    ['get', 2, "InvalidArgument: missing required argument 'id'"],
    ['get a b', 2, 'InvalidArgument: too many arguments'],
    ['list --status done', 2, 'InvalidArgument: '],
    ['list --limit ten', 2, 'InvalidArgument: '],
    ['list --limit 0', 2, 'InvalidArgument: --limit'],
    ['submit echo --max-attempts 0', 2, 'InvalidArgument: --max-attempts'],
    ['submit echo --max-attempts=0', 2, 'InvalidArgument: --max-attempts'],
    ['submit echo --delay 5', 2, 'InvalidDuration: --delay'],
    ['submit echo --input {', 2, 'MalformedJson: '],
    [`submit echo --input '{"a":9007199254740993}'`, 2, 'NotSerializable: --input.a'],
    ['submit echo --input @missing', 2, 'InvalidArgument: The input file'],
    ['submit nope', 2, 'UnknownTask: '],
    ['get a/b', 2, 'InvalidArgument: id'],
    ['get r1 --tenant a#b', 2, 'InvalidArgument: --tenant'],
    ['get r1 --url nowhere', 2, 'InvalidArgument: The URL'],
    ['get r1 --url http://127.0.0.1:3000/nothing', 3, 'UnknownRoute: '],
    ['get r2', 4, 'NotFound: '],
    ['watch r2', 4, 'NotFound: '],
    ['cancel r1', 5, 'AlreadyFinished: '],
  ])('%s', async (args, code, message) => {
    const { run, client } = startCli();
    client.put(failedRun());
    const result = await run(args);
    expect(result.err.startsWith(message), result.err).toBe(true);
    expect(result.err).toMatch(/\nhint: \w.*\n$/);
    expect(result.err).not.toMatch(/\n\s+at /);
    expect([result.code, result.out]).toEqual([code, '']);
  });

  it('names the option, not the field of the API, and says what to do about it', async () => {
    const { run } = startCli();
    const { err } = await run('submit echo --max-attempts 0');
    expect(err).toMatch(/^InvalidArgument: --max-attempts: .*\nhint: Correct the option/);
    expect(err).not.toContain('maxAttempts');
  });

  it('says that the path of the URL is wrong', async () => {
    const { run } = startCli();
    const { err } = await run('workers --url http://127.0.0.1:3000/nope');
    expect(err).toMatch(/\nhint: The URL ends in the path \/nope, /);
  });

  it.each<[string, number, object]>([
    ['get r2 --json', 4, { code: 'NotFound', message: 'There is no run r2' }],
    ['--json submit echo --max-attempts 0', 2, { code: 'InvalidArgument', field: '--max-attempts' }],
    ['get --json', 2, { code: 'InvalidArgument', message: "missing required argument 'id'" }],
    ['--json', 2, { code: 'InvalidArgument', message: 'No verb is named' }],
    ['submitt --json', 2, { code: 'InvalidArgument', message: expect.stringContaining('submitt') }],
  ])('is one JSON document with --json: %s', async (args, code, error) => {
    const { run } = startCli();
    const result = await run(args);
    expect([result.code, result.out]).toEqual([code, '']);
    expect(JSON.parse(result.err)).toEqual({ error: expect.objectContaining(error) });
    expect(JSON.parse(result.err).error.hint).toMatch(/\w/);
  });

  it.each([
    [new HoldfastError('StoreUnreachable', 'away'), 3, 'StoreUnreachable: away'],
    [new Error('a defect'), 3, 'InternalError: '],
  ])('says what the server says: %s', async (thrown, code, message) => {
    const { run, client } = startCli();
    client.failure = { thrown };
    const result = await run('workers');
    expect(result.err.startsWith(message), result.err).toBe(true);
    expect(result.code).toBe(code);
  });

  it('prints help: asked for with 0, for want of a verb with 2', async () => {
    const { run } = startCli();
    const asked = await run('--help');
    expect(asked.code).toBe(0);
    expect(asked.out).toContain('Exit codes: 0 done');
    const bare = await run('');
    expect([bare.code, bare.out]).toEqual([2, '']);
    expect(bare.err).toContain('Usage: holdfast');
  });

  it('has an exit code for every error', () => {
    for (const code of Object.keys(errorHints)) {
      expect([1, 2, 3, 4, 5]).toContain(exitCodeOf(code as keyof typeof errorHints));
    }
  });
});

describe('surroundings', () => {
  it('asks --url, else HOLDFAST_URL, else port 3000 of this machine', async () => {
    const { run, urls } = startCli();
    const env = { HOLDFAST_URL: 'http://from-env/stage' };
    await run('workers --url http://from-option', { env });
    await run('workers', { env });
    await run('workers', { env: { HOLDFAST_URL: '' } });
    expect(urls).toEqual([
      'http://from-option/workers',
      'http://from-env/stage/workers',
      'http://127.0.0.1:3000/workers',
    ]);
  });

  it('colours only where colours show', async () => {
    const { run, client } = startCli();
    client.put(succeededRun(1));
    expect((await run('get r1', { color: true })).out).toContain('\u001b[32msucceeded');
    expect((await run('get r1', { color: false })).out).not.toContain('\u001b');
    expect((await run('get r1 --json', { color: true })).out).not.toContain('\u001b');
  });

  it('runs as a program', async () => {
    const main = new URL('../../lib/cli/main.ts', import.meta.url).pathname;
    const unreachable = promisify(execFile)(process.execPath, [main, 'get', 'r1', '--url', await deadUrl()]);
    await expect(unreachable).rejects.toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/^ApiUnreachable: .*\nhint: .*\n$/),
    });
  });

  it('ends with the same code where nobody reads what it says', async () => {
    const main = new URL('../../lib/cli/main.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [main, 'get', 'r1', '--url', await deadUrl()]);
    child.stderr.destroy();
    expect(await once(child, 'exit')).toEqual([3, null]);
  });
});
