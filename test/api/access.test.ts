import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { getRequestListener } from '@hono/node-server';
import { createHttpClient, type HttpClientOptions } from 'holdfast';
import type { LambdaEvent } from 'hono/aws-lambda';
import { afterEach, describe, expect, it } from 'vitest';
import { runCli } from '../../lib/cli/program.ts';
import { apiAccess } from '../../lib/client/api-access.ts';
import { systemClock } from '../../lib/compose/system.ts';
import { bufferedHandler } from '../../lib/lambda/function-url.ts';
import { judgeSignature } from '../support/signature.ts';
import { succeededRun } from './fake-client.ts';
import { startApp } from './start-app.ts';

/* Wherever the API is: by a signature that AWS would accept, by a token, or by nothing. */

const key = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const aws = { AWS_ACCESS_KEY_ID: key.id, AWS_SECRET_ACCESS_KEY: key.secret, AWS_REGION: 'eu-west-1' };
const token = 'eyJhbGciOiJub25lIn0.canary-5d1e.c2lnbmF0dXJl';

/** What a function returns. */
interface Told {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

interface Arrived {
  readonly at: string;
  readonly headers: IncomingMessage['headers'];
  readonly signature: ReturnType<typeof judgeSignature>;
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** The app on a socket of its own, and what came there. */
async function serve() {
  const { app, client } = startApp();
  const arrived: Arrived[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const { headers, method, url } = request;
    arrived.push({ at: `${method} ${url}`, headers, signature: judgeSignature(request, body, key) });
    const listener = getRequestListener(
      () =>
        app.request(`http://127.0.0.1${url}`, {
          ...(method && { method }),
          headers: headers as never,
          ...(body && { body }),
        }),
      { overrideGlobalObjects: false },
    );
    await listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { client, arrived, url };
}

describe('a signed request', () => {
  it('is one that AWS accepts: with and without a body, a query, an id with a tilde, and a stream', async () => {
    const { arrived, client, url } = await serve();
    client.put(succeededRun({ some: 'output' }, { id: 'r1~2' }));
    const http = createHttpClient({ url, auth: 'iam', env: aws });
    await http.submitByName('echo', { text: 'zürich & ключ' }, { idempotencyKey: 'k', tenant: 'acme' });
    await http.list({ name: 'echo', status: 'succeeded', since: '2030-01-31T00:00:00.000Z' });
    await http.get('r1~2');
    for await (const run of http.watch('r1~2')) expect(run.status).toBe('succeeded');
    expect(arrived.map(({ at }) => at)).toEqual([
      'POST /tasks',
      expect.stringMatching(/^GET \/runs\?.*since=2030-01-31T00%3A00%3A00.000Z/),
      'GET /runs/r1~2',
      'GET /runs/r1~2/events',
    ]);
    for (const { signature } of arrived) {
      expect(signature).toMatchObject({
        isGenuine: true,
        scope: expect.stringMatching(/^\d{8}\/eu-west-1\/lambda\/aws4_request$/),
      });
      expect(signature.signed).toEqual(
        expect.arrayContaining(['host', 'x-amz-content-sha256', 'x-amz-date']),
      );
    }
    expect(arrived[0]?.signature.signed).toEqual(
      expect.arrayContaining(['content-type', 'x-holdfast-tenant']),
    );
  });

  it('carries the session of temporary credentials, signed', async () => {
    const { arrived, url } = await serve();
    await createHttpClient({ url, auth: 'iam', env: { ...aws, AWS_SESSION_TOKEN: 'session' } }).workers();
    expect(arrived[0]?.headers['x-amz-security-token']).toBe('session');
    expect(arrived[0]?.signature).toMatchObject({
      isGenuine: true,
      signed: expect.arrayContaining(['x-amz-security-token']),
    });
  });

  it('is no longer genuine with another secret', async () => {
    const { arrived, url } = await serve();
    const env = { ...aws, AWS_SECRET_ACCESS_KEY: 'another' };
    await createHttpClient({ url, auth: 'iam', env }).workers();
    expect(arrived[0]?.signature.isGenuine).toBe(false);
  });

  it('is not sent where nothing signs it', async () => {
    const { arrived, url } = await serve();
    const sent = createHttpClient({ url, auth: 'iam', env: { ...aws, AWS_REGION: '' } }).workers();
    await expect(sent).rejects.toMatchObject({
      code: 'MissingSetting',
      message: expect.stringMatching(/cannot be signed: .*region/i),
      hint: expect.stringContaining('AWS_PROFILE'),
    });
    expect(arrived).toEqual([]);
  });
});

describe('the settings', () => {
  const deployed = 'https://abc123.lambda-url.ap-south-1.on.aws/';

  /** What a client with these settings sends. */
  async function sent(options: HttpClientOptions) {
    const calls: { url: string; headers: Headers }[] = [];
    const fetch = async (url: string, { headers }: RequestInit) => {
      calls.push({ url, headers: new Headers(headers) });
      return Response.json({ workers: [] });
    };
    await createHttpClient({ fetch, ...options }).workers();
    return { url: calls[0]?.url, authorization: calls[0]?.headers.get('authorization') ?? null };
  }

  it('sign for a function URL, by its own region', async () => {
    const { authorization, url } = await sent({ env: { ...aws, HOLDFAST_URL: deployed } });
    expect(url).toBe(`${deployed}workers`);
    expect(authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/ap-south-1\/lambda\//);
  });

  it.each([
    ['http://127.0.0.1:3000'],
    ['https://api.example.com'],
    ['https://abc123.lambda-url.ap-south-1.on.aws.example.com'],
    ['https://example.com/abc123.lambda-url.ap-south-1.on.aws'],
  ])('send nothing of whose it is to %s', async (url) => {
    expect(await sent({ url, env: aws })).toMatchObject({ authorization: null });
  });

  it('have the last word by HOLDFAST_AUTH, and the option before it', async () => {
    const elsewhere = { url: 'https://api.example.com', env: { ...aws, HOLDFAST_AUTH: 'iam' } };
    expect((await sent(elsewhere)).authorization).toMatch(/\/eu-west-1\/lambda\//);
    expect((await sent({ ...elsewhere, auth: 'none' })).authorization).toBeNull();
    expect((await sent({ url: deployed, env: { ...aws, HOLDFAST_AUTH: 'none' } })).authorization).toBeNull();
    expect(() => createHttpClient({ url: deployed, env: { HOLDFAST_AUTH: 'IAM' } })).toThrow(
      expect.objectContaining({ code: 'InvalidSetting', field: 'HOLDFAST_AUTH' }),
    );
    expect(() => createHttpClient({ env: {} })).toThrow(expect.objectContaining({ code: 'MissingSetting' }));
  });

  it('send a token, unless they say how else, or the caller brings an authorization', async () => {
    const env = { ...aws, HOLDFAST_TOKEN: token };
    const url = 'https://api.example.com';
    expect((await sent({ url, env })).authorization).toBe(`Bearer ${token}`);
    expect((await sent({ url, env, auth: 'none' })).authorization).toBeNull();
    expect((await sent({ url, env, auth: 'iam' })).authorization).toMatch(/^AWS4/);
    expect((await sent({ url, env, headers: { Authorization: 'Bearer mine' } })).authorization).toBe(
      'Bearer mine',
    );
  });

  it.each([
    ['goes over no wire in the clear', 'http://api.example.com', token],
    ['is no header of its own', 'https://api.example.com', `${token}\r\nx-other: 1`],
    ['is no sentence', 'https://api.example.com', `Bearer ${token}`],
  ])('a token %s, and no error repeats it', (_, url, HOLDFAST_TOKEN) => {
    let thrown: unknown;
    try {
      apiAccess({ url, env: { HOLDFAST_TOKEN } });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'InvalidSetting', field: 'HOLDFAST_TOKEN' });
    expect(JSON.stringify([thrown, String(thrown), (thrown as Error).stack])).not.toContain('canary-5d1e');
  });

  it('reach a function URL of an emulator at its endpoint, whatever its stack calls it', async () => {
    const { arrived, client, url } = await serve();
    client.put(succeededRun(1, { id: 'r9' }));
    const http = createHttpClient({
      env: {
        ...aws,
        AWS_ENDPOINT_URL: url,
        HOLDFAST_URL: 'http://abc123.lambda-url.us-east-1.172.17.0.2:4566/',
      },
    });
    await http.submitByName('echo', 1);
    for await (const run of http.watch('r9')) expect(run.status).toBe('succeeded');
    for (const { headers, signature } of arrived) {
      expect(headers.host).toBe('abc123.lambda-url.us-east-1.on.aws');
      expect(signature).toMatchObject({
        isGenuine: true,
        scope: expect.stringContaining('/us-east-1/lambda/'),
      });
    }
    expect(arrived).toHaveLength(2);
  });

  it.each([true, false])(
    'understand an emulator that tells what the function returned: %j',
    async (isWrapped) => {
      const { app, client } = startApp();
      client.put(succeededRun({ some: 'output' }, { id: 'r9' }));
      const handler = bufferedHandler(app);
      const server = createServer(async ({ headers, method, url = '' }, response) => {
        const [rawPath = '', rawQueryString = ''] = url.split('?');
        const requestContext = { http: { method, path: rawPath }, domainName: headers.host };
        const event = { version: '2.0', rawPath, rawQueryString, headers, requestContext };
        const told = (await handler(event as unknown as LambdaEvent)) as Told;
        if (isWrapped) return response.end(JSON.stringify(told));
        const body = Buffer.from(told.body, told.isBase64Encoded ? 'base64' : 'utf8');
        return response.writeHead(told.statusCode, told.headers).end(body);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      closing.push(() => server.close());
      const AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const http = createHttpClient({ env: { ...aws, AWS_ENDPOINT_URL, HOLDFAST_URL: deployed } });
      expect(await http.result('r9')).toEqual({ some: 'output' });
      for await (const run of http.watch('r9')) expect(run.status).toBe('succeeded');
      await expect(http.get('nothing')).rejects.toMatchObject({ code: 'NotFound' });
    },
  );

  it('say so where nobody is at the endpoint', async () => {
    const nobody = createHttpClient({
      env: { ...aws, AWS_ENDPOINT_URL: 'http://127.0.0.1:1', HOLDFAST_URL: deployed },
    });
    await expect(nobody.workers()).rejects.toMatchObject({ code: 'ApiUnreachable' });
  });
});

describe('the command line', () => {
  async function holdfast(args: readonly string[], env: Record<string, string>) {
    const said = { out: '', err: '' };
    const code = await runCli(args, {
      out: (line) => {
        said.out += line;
      },
      err: (line) => {
        said.err += line;
      },
      env,
      color: { out: false, err: false },
      clock: systemClock,
      readStdin: async () => '',
      readFile: async () => '',
    });
    return { code, ...said };
  }

  it('signs and sends tokens by the same settings, and by --auth', async () => {
    const { arrived, client, url } = await serve();
    client.put(succeededRun(1, { id: 'r1' }));
    const env = { ...aws, HOLDFAST_URL: url };
    expect(await holdfast(['watch', 'r1', '--auth', 'iam'], env)).toMatchObject({ code: 0 });
    expect(await holdfast(['get', 'r1'], { ...env, HOLDFAST_TOKEN: token })).toMatchObject({ code: 0 });
    expect(arrived[0]).toMatchObject({ at: 'GET /runs/r1/events', signature: { isGenuine: true } });
    expect(arrived[1]?.headers.authorization).toBe(`Bearer ${token}`);
  });

  it('shows a token nowhere', async () => {
    const env = { HOLDFAST_TOKEN: token, HOLDFAST_URL: 'http://127.0.0.1:1' };
    for (const args of [['--help'], ['list', '--help'], ['list'], ['doctor'], ['doctor', '--json']]) {
      const { err, out } = await holdfast(args, env);
      expect(`${out}${err}`).not.toContain('canary-5d1e');
      expect(`${out}${err}`).not.toBe('');
    }
    expect((await holdfast(['--help'], env)).out).toContain('HOLDFAST_TOKEN');
  });

  it('says what to do where it is not let through', async () => {
    const server = createServer((_, response) => {
      response.writeHead(403, { 'content-type': 'application/json' }).end('{"Message":"Forbidden"}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, err } = await holdfast(['list', '--url', url], {});
    expect(code).toBe(3);
    expect(err).toMatch(/^ApiProblem: .*\(status 403\)\nhint: .*HOLDFAST_AUTH=iam/);
  });
});
