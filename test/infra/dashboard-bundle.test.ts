import { mkdtempSync, readdirSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { LambdaEvent } from 'hono/aws-lambda';
import { expect, it } from 'vitest';
import { bundle } from '../../infra/constructs/bundle.ts';
import type { HttpHandler } from '../../lib/lambda/function-url.ts';

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const entry = fileURLToPath(new URL('../../examples/tasks.ts', import.meta.url));

/** The dashboard's function as it is deployed. */
function bundled(outdir: string): URL {
  const app = new App({ outdir });
  new LambdaFunction(new Stack(app, 'Stack'), 'Function', {
    code: bundle('dashboard', entry),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
  });
  app.synth();
  const [asset = ''] = readdirSync(outdir).filter((name) => /^asset\.[0-9a-f]+$/.test(name));
  return pathToFileURL(join(outdir, asset, 'index.mjs'));
}

const eventOf = (rawPath: string) =>
  ({
    version: '2.0',
    routeKey: 'GET /',
    rawPath,
    rawQueryString: '',
    headers: { host: 'a.execute-api.us-east-1.amazonaws.com' },
    requestContext: {
      http: { method: 'GET', path: rawPath },
      domainName: 'a.execute-api.us-east-1.amazonaws.com',
    },
    isBase64Encoded: false,
    body: null,
  }) as unknown as LambdaEvent;

it('the bundled dashboard answers with its files, and with nothing that lies beside them', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'holdfast-page-'));
  const { handler } = (await import(bundled(mkdtempSync(join(directory.path, 'out-'))).href)) as {
    handler: HttpHandler;
  };
  const get = async (path: string) => (await handler(eventOf(path))) as Answer;
  const { body, headers, statusCode } = await get('/');
  expect(statusCode).toBe(200);
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  const files = [...body.matchAll(/"(assets\/[^"]+)"/g)].map(([, path]) => `/${path}`);
  expect(files).toHaveLength(3);
  for (const file of files) expect(await get(file)).toMatchObject({ statusCode: 200 });
  for (const other of ['/index.mjs', '/assets/index.html', '/assets/..%2Findex.html', '/runs', '/web/'])
    expect(await get(other)).toMatchObject({ statusCode: 404 });
});
