import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const main = fileURLToPath(new URL('../../lib/local/main.ts', import.meta.url));

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-signals-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

function run(command: string, args: readonly string[], cwd: string): ChildProcess {
  const child = spawn(command, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  return child;
}

/** Resolves once the stream has shown the text. */
async function shows(child: ChildProcess, wanted: string): Promise<void> {
  let seen = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8');
  await new Promise<void>((resolve, reject) => {
    const onData = (chunk: string) => {
      seen += chunk;
      if (seen.includes(wanted)) resolve();
    };
    child.stdout?.on('data', onData);
    child.stderr?.on('data', onData);
    child.on('exit', () => reject(new Error(`it ended without ${JSON.stringify(wanted)}: ${seen}`)));
  });
}

const program = ['--conditions=holdfast-source', main, '--port', '0', '--workers', '1'];

/** More files than any machine measures before it is told to end. */
async function manyFiles(): Promise<string> {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, 'files'));
  const names = Array.from({ length: 3_000 }, (_, at) => join(directory, 'files', `${at}`));
  await Promise.all(names.map((name) => writeFile(name, name)));
  return directory;
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'a demo that %s cut short ends with 130',
  async (signal) => {
    const directory = await manyFiles();
    const child = run(process.execPath, [...program, '--demo', 'files'], directory);
    await shows(child, 'holdfast ready');
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([130, null]);
  },
  30_000,
);

// Other systems' `script` takes other options.
test.runIf(process.platform === 'linux')(
  'a demo that Ctrl-C on its terminal cut short ends with 130',
  async () => {
    const directory = await manyFiles();
    const line = [process.execPath, ...program, '--demo', 'files'].join(' ');
    const child = run('script', ['--quiet', '--return', '--command', line, '/dev/null'], directory);
    await shows(child, ' of 3000 files');
    child.stdin?.write('\u0003');
    expect(await once(child, 'exit')).toEqual([130, null]);
  },
  30_000,
);

test('the first signal ends a start that does not come to an end', async () => {
  const directory = await temporaryDirectory();
  const tasks = join(directory, 'tasks.mjs');
  await writeFile(
    tasks,
    "console.error('loading'); setInterval(() => {}, 1_000); await new Promise(() => {});",
  );
  const child = run(process.execPath, [...program, '--tasks', tasks], directory);
  await shows(child, 'loading');
  const rest = text(child.stderr as NodeJS.ReadableStream);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await rest).toBe('');
}, 30_000);
