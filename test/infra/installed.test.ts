import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };

/*
 * The package as npm packs it, in an app of its own. What it depends on is linked from here instead of being installed,
 * so that no registry is needed: what package.json does not name is missing there, which versions npm would choose is
 * not seen.
 */
const run = promisify(execFile);
const root = process.cwd();
const peers = ['aws-cdk-lib', 'constructs', 'esbuild', '@types/node'];

let directory: string;
let app: string;

async function packed(): Promise<string> {
  const source = join(directory, 'package');
  await mkdir(join(source, 'infra'), { recursive: true });
  for (const file of ['package.json', 'README.md', 'infra/RUNBOOK.md'])
    await cp(join(root, file), join(source, file));
  await run(bin('tsc'), ['-p', 'tsconfig.build.json', '--outDir', join(source, 'dist')]);
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--silent'], { cwd: source });
  return join(source, stdout.trim());
}

const bin = (name: string) => join(root, 'node_modules/.bin', name);
const inApp = (name: string) => join(app, 'node_modules', name);

async function link(name: string): Promise<void> {
  await mkdir(dirname(inApp(name)), { recursive: true });
  await symlink(join(root, 'node_modules', name), inApp(name));
}

/** The code blocks of the README that begin so, or stand between marks. */
async function fromReadme(pattern: RegExp): Promise<string> {
  const [, code = ''] = pattern.exec(await readFile(join(root, 'README.md'), 'utf8')) ?? [];
  expect(code).not.toBe('');
  return code;
}

const node = (file: string, env: Record<string, string> = {}) =>
  run(process.execPath, [file], { cwd: app, env: { ...process.env, NODE_OPTIONS: '', ...env } });

/** The README's tests have it from their runner. */
const expectation = `import assert from 'node:assert/strict';
const expect = (value: unknown) => ({
  toMatchObject(wanted: object) {
    assert.deepEqual(value, { attempt: 1, ...wanted });
    console.log('matched', JSON.stringify(value));
  },
});
`;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-installed-'));
  app = join(directory, 'app');
  await mkdir(inApp('holdfast'), { recursive: true });
  await run('tar', ['-xzf', await packed(), '--strip-components=1', '-C', inApp('holdfast')]);
  for (const name of [...Object.keys(packageJson.dependencies), ...peers]) await link(name);
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    allowImportingTsExtensions: true,
    module: 'nodenext',
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
  };
  await writeFile(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'app', type: 'module' }));
  await writeFile(join(app, 'tasks.ts'), await fromReadme(/```ts\n(\/\/ tasks\.ts\n[\s\S]*?)```/));
  await writeFile(
    join(app, 'stack.ts'),
    await fromReadme(/<!-- cdk -->\s+```ts\n([\s\S]*?)```\s+<!-- \/cdk -->/),
  );
  await writeFile(join(app, 'client.ts'), await fromReadme(/```ts\n(import \{ createClient, [\s\S]*?)```/));
  const local = await fromReadme(/```ts\n(import \{ startLocal \}[\s\S]*?)```/);
  await writeFile(join(app, 'local.ts'), `${expectation}${local}`);
}, 300_000);
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('the package as it is installed', () => {
  it('holds what was built and the runbook, and no sources', async () => {
    const files = await readdir(inApp('holdfast'), { recursive: true });
    expect(files).toEqual(
      expect.arrayContaining(['dist/infra/index.js', 'dist/functions/execute.js', 'infra/RUNBOOK.md']),
    );
    expect(files.filter((file) => /(?<!\.d)\.ts$/.test(file))).toEqual([]);
  });

  it('has types that hold without skipping any', async () => {
    const { stdout } = await run(bin('tsc'), ['-p', app]).catch((error: { stdout: string }) => error);
    expect(stdout).toBe('');
  }, 300_000);

  it('synthesizes the construct, its functions bundled with the tasks', async () => {
    await node('stack.ts', { CDK_OUTDIR: join(app, 'cdk.out') });
    const template = JSON.parse(await readFile(join(app, 'cdk.out/Shop.template.json'), 'utf8')) as {
      Resources: Record<string, { Type: string; Metadata?: Record<string, string> }>;
    };
    const types = Object.values(template.Resources).map(({ Type }) => Type);
    expect(types.filter((type) => type === 'AWS::SQS::Queue')).toHaveLength(2 + 4);
    expect(types.filter((type) => type === 'AWS::Lambda::Function')).toHaveLength(5 + 1);
    const bundles = await readdir(join(app, 'cdk.out')).then((all) =>
      all.filter((each) => each.startsWith('asset.')),
    );
    // One for both executors.
    expect(bundles).toHaveLength(4);
    const contents = await Promise.all(bundles.map((each) => readdir(join(app, 'cdk.out', each))));
    const entries = contents.map((files) => files.filter((file) => !/^part-[A-Z0-9]{8}\.mjs$/.test(file)));
    expect(entries.sort((a, b) => b.length - a.length)).toEqual([
      ['code-thread.mjs', 'index.mjs', 'thread.mjs'],
      ...Array.from({ length: 3 }, () => ['index.mjs']),
    ]);
    const texts = await Promise.all(
      bundles.map(async (each, n) => {
        const files = contents[n] ?? [];
        return await Promise.all(files.map((file) => readFile(join(app, 'cdk.out', each, file), 'utf8')));
      }),
    );
    expect(texts.filter((parts) => parts.join().includes('numbers')).length).toBeGreaterThanOrEqual(2);
  }, 300_000);

  it('says that esbuild is missing where it is', async () => {
    await rm(inApp('esbuild'));
    const failed = await node('stack.ts', { CDK_OUTDIR: join(app, 'cdk.other') }).catch(
      (error: { stderr: string }) => error,
    );
    await link('esbuild');
    expect(failed.stderr).toContain('EsbuildMissing: esbuild, which bundles');
    expect(failed.stderr).toContain('npm install --save-dev esbuild');
  }, 300_000);

  it('runs the tasks on this machine', async () => {
    const { stdout } = await node('local.ts');
    expect(stdout).toContain('matched {"sum":6,"attempt":1}');
  }, 300_000);
});
