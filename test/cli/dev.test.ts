import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { startCli } from './run.ts';

describe('holdfast dev', () => {
  it('is in the help, with the options of the embedded runtime', async () => {
    const { run } = startCli();
    expect((await run('--help')).out).toMatch(/^ {2}dev .*machine$/m);
    const help = await run('dev --help');
    expect(help.code).toBe(0);
    expect(help.out).toContain('--persist <directory>');
  });

  it.each([
    ['dev --port 70000', 'InvalidSetting: --port'],
    ['dev --port many', 'InvalidArgument: option'],
    ['dev --tasks /no/such/file.ts', 'TasksNotLoaded: '],
    ['dev something', 'InvalidArgument: too many arguments'],
  ])('%s', async (args, message) => {
    const { run } = startCli();
    const { code, out, err } = await run(args);
    expect(err.startsWith(message), err).toBe(true);
    expect(err).toMatch(/\nhint: /);
    expect([code, out]).toEqual([2, '']);
  });

  it('serves until it is told to end', async () => {
    const main = new URL('../../lib/cli/main.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [main, 'dev', '--port', '0', '--workers', '1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    try {
      const [line] = await once(createInterface(child.stdout), 'line');
      const [, url] = /^holdfast ready (http:\/\/127\.0\.0\.1:\d+)$/.exec(line) ?? [];
      expect((await fetch(`${url}/health`)).status).toBe(200);
      child.kill('SIGTERM');
      expect(await exit).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  }, 30_000);
});
