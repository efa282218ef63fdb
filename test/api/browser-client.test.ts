import { createContext, Script } from 'node:vm';
import { type BuildResult, build } from 'esbuild';
import { beforeAll, expect, it } from 'vitest';
import { serveApi } from '../../lib/local/api-server.ts';
import { succeededRun } from './fake-client.ts';
import { startApp } from './start-app.ts';

/* `holdfast/client` as a browser gets it. */

let bundle: BuildResult<{ write: false; metafile: true }>;
beforeAll(async () => {
  bundle = await build({
    stdin: { contents: `export * from 'holdfast/client';`, resolveDir: import.meta.dirname },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'holdfast',
    conditions: ['holdfast-source'],
    minify: true,
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
});

it('takes nothing that only Node has, and little of anything', () => {
  expect(bundle.warnings).toEqual([]);
  const inputs = Object.keys(bundle.metafile.inputs);
  expect(inputs.filter((path) => /node:|aws|smithy|dynamodb|hono|zod/.test(path))).toEqual([]);
  expect(inputs).toContain('lib/client/http-client.ts');
  // 24 KB; with a schema library or an SDK it would be a multiple of that.
  expect(bundle.outputFiles[0]?.contents.length).toBeLessThan(40_000);
});

it('works with what a browser has', async () => {
  const { app, client } = startApp();
  client.put(succeededRun({ some: 'output' }, { id: 'r9' }));
  const server = await serveApi(app, 0);
  try {
    const { AbortController, AbortSignal, clearTimeout, crypto, fetch, setTimeout } = globalThis;
    const { ReadableStream, TextDecoder, TextEncoder, URL, URLSearchParams } = globalThis;
    const web = {
      AbortController,
      AbortSignal,
      clearTimeout,
      crypto,
      fetch,
      setTimeout,
      ReadableStream,
      TextDecoder,
      TextEncoder,
      URL,
      URLSearchParams,
    };
    const context = createContext({ ...web, self: web, url: server.url });
    new Script(bundle.outputFiles[0]?.text ?? '').runInContext(context);
    const said = await new Script(`(async () => {
      const client = holdfast.createHttpClient({ url });
      const run = await client.submitByName('echo', { a: 1 });
      const states = [];
      for await (const { status } of client.watch('r9')) states.push(status);
      const missing = await client.get('nothing').catch(({ code, hint }) => ({ code, hint: typeof hint }));
      return JSON.stringify({ run: run.task, states, output: await client.result('r9'), missing });
    })()`).runInContext(context);
    expect(JSON.parse(said)).toEqual({
      run: 'echo',
      states: ['succeeded'],
      output: { some: 'output' },
      missing: { code: 'NotFound', hint: 'string' },
    });
  } finally {
    await server.close(AbortSignal.timeout(0));
  }
});
