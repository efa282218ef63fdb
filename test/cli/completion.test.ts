import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, serveApi } from '../../lib/local/api-server.ts';
import { startApp } from '../api/start-app.ts';
import { startCli } from './run.ts';

const main = new URL('../../lib/cli/main.ts', import.meta.url).pathname;
const run = promisify(execFile);

describe('holdfast complete', () => {
  const completed = async (words: string) => {
    const { code, err, out } = await startCli().run(`complete -- ${words}`);
    expect([code, err]).toEqual([0, '']);
    return out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t')[0]);
  };

  it.each<[string, readonly string[]]>([
    ['li', ['list']],
    ['wor', ['workers', 'worker']],
    ['list --st', ['--status']],
    ['list --status s', ['succeeded', 'skipped']],
    ['list --status succeeded --so', ['--sort']],
    ['--tenant acme list --sort e', ['earliest']],
    ['cancel --mode a', ['abort']],
    ['completion f', ['fish']],
    ['submit e', ['echo']],
    ['run o', ['order']],
    ['list --name o', ['order']],
    ['submit echo --input e', []],
    ['submit echo o', []],
    ['get e', []],
    ['nothing at all', []],
    ['dev --po', ['--port', '--pools']],
    ['complet', ['completion']],
  ])('%s', async (words, candidates) => {
    expect(await completed(words)).toEqual(candidates);
  });

  it('says what each is, on one line', async () => {
    const { out } = await startCli().run("complete -- ''");
    expect(out).toMatch(/^list\tlist runs$/m);
    expect(out.trimEnd().split('\n')).toHaveLength(new Set(out.trimEnd().split('\n')).size);
    expect(out).not.toMatch(/^complete\t/m);
  });

  it('knows no names where nobody answers, and is silent about it', async () => {
    const { client, run } = startCli();
    client.failure = { thrown: new Error('a defect') };
    expect(await run('complete -- --url nowhere submit e')).toEqual({ code: 0, out: '', err: '' });
  });
});

describe('holdfast completion', () => {
  let server: ApiServer;
  let directory: string;
  beforeAll(async () => {
    server = await serveApi(startApp().app, 0);
    directory = await mkdtemp(join(tmpdir(), 'holdfast-completion-'));
    const holdfast = join(directory, 'holdfast');
    await writeFile(
      holdfast,
      `#!/bin/sh\nexec "${process.execPath}" --conditions=holdfast-source "${main}" "$@"\n`,
    );
    await chmod(holdfast, 0o755);
  });
  afterAll(async () => {
    await server.close(AbortSignal.timeout(0));
    await rm(directory, { recursive: true });
  });

  it('completes in a real bash', async () => {
    const script = `
      source <(holdfast completion bash)
      try() { COMP_WORDS=(holdfast "$@"); COMP_CWORD=$#; _holdfast; echo "\${COMPREPLY[*]}"; }
      try que
      try list --status pau
      try submit ec
    `;
    const env = { ...process.env, PATH: `${directory}:${process.env.PATH}`, HOLDFAST_URL: server.url };
    const { stderr, stdout } = await run('bash', ['--norc', '-c', script], { env });
    expect(stderr).toBe('');
    expect(stdout).toBe('queues\npaused\necho\n');
  });

  it('has a script for each shell, and for no other', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, out } = await startCli().run(`completion ${shell}`);
      expect(code).toBe(0);
      expect(out).toContain(`holdfast completion ${shell}`);
      expect(out).toContain('holdfast complete -- ');
    }
    const { code, err } = await startCli().run('completion tcsh');
    expect(code).toBe(2);
    expect(err).toContain('Allowed choices are bash, zsh, fish');
  });
});
