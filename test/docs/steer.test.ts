import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';

const root = new URL('../../', import.meta.url);

let runtime: LocalRuntime;
let directory: string;
beforeAll(async () => {
  runtime = await startLocal({ tasks: new URL('examples/tasks.ts', root), port: 0 });
  directory = await mkdtemp(join(tmpdir(), 'holdfast-readme-'));
});
afterAll(async () => {
  await runtime.close();
  await rm(directory, { recursive: true });
});

/** The code of the README after a text, of one language. */
async function blockAfter(text: string, language: 'sh' | 'ts'): Promise<string> {
  const readme = await readFile(new URL('README.md', root), 'utf8');
  const from = readme.indexOf(text);
  expect(from, text).toBeGreaterThan(0);
  const [, block = ''] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme.slice(from)) ?? [];
  return block;
}

/** What each line printed. Nothing is refused: that would be said on standard error. */
async function play(block: string): Promise<{ line: string; out: string }[]> {
  const lines = block.split('\n').filter((line) => line !== '');
  const own = [
    `npx() { shift; '${process.execPath}' --conditions=holdfast-source '${new URL('lib/cli/main.ts', root).pathname}' "$@"; }`,
    `export HOLDFAST_URL=${runtime.url}`,
  ];
  const script = lines.flatMap((line, at) => [
    `echo '§${at}'`,
    line.replace('http://127.0.0.1:3000', runtime.url),
  ]);
  const { stderr, stdout } = await promisify(execFile)(
    'bash',
    ['--norc', '-c', [...own, ...script].join('\n')],
    {
      cwd: directory,
      timeout: 110_000,
    },
  );
  expect(stderr).toBe('');
  const outputs = stdout.split('§').slice(1);
  return lines.map((line, at) => ({ line, out: outputs[at]?.replace(/^\d+\n/, '') ?? '' }));
}

const outputOf = (played: { line: string; out: string }[], begin: string) => {
  const found = played.findLast(({ line }) => line.startsWith(begin));
  expect(found, begin).toBeDefined();
  return found?.out ?? '';
};

it('runs are steered by the commands of the README, line by line', { timeout: 120_000 }, async () => {
  const played = await play(await blockAfter('## Steer what runs', 'sh'));
  const out = (begin: string) => outputOf(played, `npx holdfast ${begin}`);
  expect(out('why')).toContain('waits for the signal approved');
  expect(played.find(({ line }) => line.startsWith('npx holdfast watch'))?.out).toContain(
    '4900 paid, says me',
  );
  expect(out('cancel')).toContain('cancel');
  expect(out('retry $RUN')).toContain('~2');
  expect(out('batch')).toMatch(/\ba\b[\s\S]*\bb\b/);
});

it('and by curl', { timeout: 60_000 }, async () => {
  const played = await play(await blockAfter('The same with nothing but curl', 'sh'));
  expect(JSON.parse(outputOf(played, 'curl -s $api'))).toMatchObject({ cause: 'signal' });
  for (const { line, out } of played.filter(({ line }) => line.startsWith('post /')))
    expect(JSON.parse(out), line).not.toHaveProperty('code');
  const retry = JSON.parse(outputOf(played, 'post /runs/$RUN/retry'));
  expect(retry).toMatchObject({ task: 'fail', retryOf: expect.any(String) });
});

it('a result is read from its queue by the code of the README', { timeout: 60_000 }, async () => {
  const shell = await blockAfter('## Results that come to you', 'sh');
  const [submit = ''] = /^npx holdfast submit .*$/m.exec(shell) ?? [];
  await play(submit);
  const code = await blockAfter('## Results that come to you', 'ts');
  const args = ['--input-type=module-typescript', '-e', code];
  const env = { PATH: process.env.PATH, ...runtime.env };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env, timeout: 50_000 });
  expect(JSON.parse(stdout)).toMatchObject({
    type: 'run.succeeded',
    data: { name: 'echo', output: { a: 1 } },
  });
});

it('and a claim is approved by the program of the README', { timeout: 60_000 }, async () => {
  const code = await blockAfter('```ts\n// approve.ts', 'ts');
  const args = ['--conditions=holdfast-source', '--input-type=module-typescript', '-e', code];
  const own = args.map((arg) => arg.replace('http://127.0.0.1:3000', runtime.url));
  const { stdout } = await promisify(execFile)(process.execPath, own, { cwd: root, timeout: 50_000 });
  expect(stdout).toBe('4900 paid, says ann\n');
});
