import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fileReport } from '../../examples/pipeline/pipeline.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';

vi.setConfig({ testTimeout: 90_000 });

const files: Record<string, string | Buffer> = {
  'a.txt': 'one two\nthree\n',
  'b without end.txt': 'no newline at the end',
  'c-empty': '',
  'd-spaces.txt': '  \t\n\r\n x \u000b y \n',
  'e-ünïcödé.txt': 'größer 👩‍🚀 als\n',
  'f-binary': Buffer.from(Array.from({ length: 5_000 }, (_, at) => (at * 7) % 256)),
  'g-large.txt': 'lorem ipsum dolor\n'.repeat(20_000),
};

let root: string;
let directory: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-pipeline-'));
  directory = join(root, 'data');
  await mkdir(join(directory, 'not-looked-into'), { recursive: true });
  await writeFile(join(directory, 'not-looked-into', 'x'), 'x');
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
});
afterAll(() => rm(root, { recursive: true }));

/** The same figures by other means: whole files in memory, and expressions instead of a loop over bytes. */
function expectedReport() {
  const names = Object.keys(files).sort();
  const texts = names.map((name) => Buffer.from(files[name] ?? '').toString('latin1'));
  const count = (pattern: RegExp) => texts.reduce((sum, text) => sum + (text.match(pattern)?.length ?? 0), 0);
  const hash = createHash('sha256');
  hash.update(
    Buffer.concat(
      names.flatMap((name, at) => [Buffer.from(`${name}\0`), Buffer.from(texts[at] ?? '', 'latin1')]),
    ),
  );
  return {
    directory,
    files: names.length,
    bytes: texts.join('').length,
    lines: count(/\n/g),
    words: count(/[^\t\n\v\f\r ]+/g),
    sha256: hash.digest('hex'),
  };
}

describe('the pipeline of the examples', () => {
  let runtime: LocalRuntime;
  beforeAll(async () => {
    const tasks = new URL('../../examples/tasks.ts', import.meta.url);
    runtime = await startLocal({ tasks, port: 0, workers: 2 });
  });
  afterAll(() => runtime.close());

  it('reports on real files, a page at a time', async () => {
    const report = join(root, 'report.json');
    const run = await runtime.client.submit(fileReport, { directory, report, pageSize: 2 });
    const finished = await runtime.client.wait(run, { timeout: '60s' });
    const { directory: _directory, ...figures } = expectedReport();
    expect(finished).toMatchObject({ status: 'succeeded', output: { report, ...figures } });
    expect(JSON.parse(await readFile(report, 'utf8'))).toEqual(expectedReport());
    const nodes = new Map(finished.nodes?.map((node) => [node.id, node]));
    expect(nodes.get('write-report/counts/pages')).toMatchObject({ status: 'succeeded', iteration: 4 });
    expect(nodes.get('write-report/sha256/checksum')).toMatchObject({ output: figures.sha256, attempt: 1 });
  });

  it('a directory that is not there fails at once, with its name', async () => {
    const input = { directory: join(root, 'gone'), report: join(root, 'none.json') };
    const finished = await runtime.client.wait(await runtime.client.submit(fileReport, input));
    expect(finished).toMatchObject({
      status: 'failed',
      attempt: 1,
      error: { type: 'NonRetryableError', message: expect.stringContaining('gone') },
    });
    await expect(readFile(input.report)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

it('is run by one command', async () => {
  const report = join(root, 'by-command.json');
  const main = new URL('../../examples/pipeline/main.ts', import.meta.url).pathname;
  const args = ['--conditions=holdfast-source', main, directory, report];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 80_000 });
  expect(stdout).toMatch(/^list-files +succeeded$/m);
  expect(stdout).toMatch(/^write-report\/counts\/pages +succeeded, 1 times round$/m);
  expect(JSON.parse(await readFile(report, 'utf8'))).toEqual(expectedReport());
});
