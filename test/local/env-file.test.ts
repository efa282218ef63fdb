import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseEnv, promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { writeEnvFile } from '../../lib/local/env-file.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const condition = '--conditions=holdfast-source';

async function fileName(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-env-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, 'stack.env');
}

function startProgram(file: string) {
  const args = [
    condition,
    path('../../lib/local/main.ts'),
    '--port',
    '0',
    '--workers',
    '1',
    '--write-env',
    file,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  return child;
}

test('a program given the file works on the same stack; it is gone with the runtime', async () => {
  const file = await fileName();
  const child = startProgram(file);
  const [ready] = await once(createInterface(child.stdout), 'line');
  expect(parseEnv(await readFile(file, 'utf8')).HOLDFAST_URL).toBe(ready.split(' ')[2]);
  const args = [condition, `--env-file=${file}`, path('./fixtures/client-program.ts')];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { PATH: process.env.PATH ?? '' },
  });
  expect(JSON.parse(stdout)).toEqual(['by http', 'succeeded']);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  await expect(stat(file)).rejects.toThrow('ENOENT');
}, 30_000);

test("a file of somebody's own is refused before anything is started, and kept", async () => {
  const file = await fileName();
  await writeFile(file, 'SECRET=1\n');
  const child = startProgram(file);
  const [errors, output, [code]] = await Promise.all([
    text(child.stderr),
    text(child.stdout),
    once(child, 'exit'),
  ]);
  expect(errors).toMatch(/^InvalidSetting: The file .*stack\.env is there already.*\nhint: /);
  expect([code, output]).toEqual([2, '']);
  expect(await readFile(file, 'utf8')).toBe('SECRET=1\n');
});

test('every value comes back as it was, for nobody else to read', async () => {
  const file = await fileName();
  const variables = { URL: 'http://127.0.0.1:1/a', POOLS: '{"a":{"b":["c#d"," "]}}', EMPTY: '' };
  const written = await writeEnvFile(file, variables);
  expect(parseEnv(await readFile(file, 'utf8'))).toEqual(variables);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  // What a killed runtime left behind is written over, and not removed by the one before.
  const again = await writeEnvFile(file, { A: 'b' });
  await written[Symbol.asyncDispose]();
  expect(parseEnv(await readFile(file, 'utf8'))).toEqual({ A: 'b' });
  await again[Symbol.asyncDispose]();
  await expect(stat(file)).rejects.toThrow('ENOENT');
});
