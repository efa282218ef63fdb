import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { execute } from './execute.ts';

it('runs from a minified bundle beside the executor, as on Lambda', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'stored-code-bundle-'));
  try {
    const outfile = join(directory, 'code-thread.mjs');
    await build({
      entryPoints: [fileURLToPath(new URL('../../functions/code-thread.ts', import.meta.url))],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      minify: true,
      keepNames: true,
      mainFields: ['module', 'main'],
      conditions: ['holdfast-source', 'module'],
      banner: {
        js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
      },
      logLevel: 'silent',
    });
    const entry = pathToFileURL(outfile);
    const code = {
      'main.ts': `import { two } from './two.js'; import { posix } from 'node:path';
        export const main = (n: number, ctx: any) => { ctx.setVariable('n', n); console.log('here'); return posix.join('a', String(n * two)); };`,
      'two.js': 'export const two = 2;',
    };
    expect(await execute(code, { entry, filePath: 'main.ts', parameters: 21 })).toMatchObject({
      value: 'a/42',
      variables: { n: 21 },
      logs: [{ message: 'here' }],
    });
    for (const source of [
      `import 'node:fs'; export const main = 1;`,
      `export const main = () => import('fs');`,
    ])
      expect(await execute(source, { entry })).toMatchObject({ error: { code: 'ImportNotAllowed' } });
    expect(await execute('export const main = () => typeof require', { entry })).toMatchObject({
      value: 'undefined',
    });
  } finally {
    await rm(directory, { recursive: true });
  }
});
