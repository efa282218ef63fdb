import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiServer, serveApi } from '../../lib/local/api-server.ts';
import { activeRun } from '../api/fake-client.ts';
import { startApp } from '../api/start-app.ts';

/* The program itself, for it decides by what it writes to. */

const main = new URL('../../lib/cli/main.ts', import.meta.url).pathname;
/** Of whatever colours a text. */
const start = '\u001b[';
const run = promisify(execFile);

let server: ApiServer;
beforeAll(async () => {
  const { app, client } = startApp();
  client.put(activeRun());
  server = await serveApi(app, 0);
});
afterAll(() => server.close(AbortSignal.timeout(0)));

function listing(env: Record<string, string>) {
  const { CI: _ci, FORCE_COLOR: _force, NO_COLOR: _no, ...others } = process.env;
  const args = [process.execPath, '--conditions=holdfast-source', main, 'list', '--url', server.url];
  return { args, env: { ...others, TERM: 'xterm-256color', ...env } };
}

async function inPipe(given: Record<string, string>): Promise<string> {
  const { args, env } = listing(given);
  return (await run(args[0] ?? '', args.slice(1), { env })).stdout;
}

/** What a terminal is shown; `script` makes one. */
async function onTerminal(given: Record<string, string>): Promise<string> {
  const { args, env } = listing(given);
  const line = args.map((arg) => `'${arg}'`).join(' ');
  return (await run('script', ['--quiet', '--return', '--command', line, '/dev/null'], { env })).stdout;
}

it('shows no colours in a pipe, unless they are asked for', async () => {
  expect(await inPipe({})).not.toContain(start);
  expect(await inPipe({ FORCE_COLOR: '1' })).toContain(`${start}34mready`);
});

it.skipIf(process.platform !== 'linux')('shows colours on a terminal, but not with NO_COLOR', async () => {
  expect(await onTerminal({})).toContain(`${start}34mready`);
  const plain = await onTerminal({ NO_COLOR: '1' });
  expect(plain).toContain('ready');
  expect(plain).not.toContain(start);
});
