import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { apiAccess } from '../../lib/client/api-access.ts';
import { createHttpClient } from '../../lib/client/http-client.ts';
import { forwardTo } from '../../lib/dashboard/forward.ts';
import { type ApiServer, serveApi } from '../../lib/local/api-server.ts';
import { activeRun, succeededRun } from '../api/fake-client.ts';
import { deadUrl, startApp } from '../api/start-app.ts';
import { judgeSignature } from '../support/signature.ts';

/* The dashboard of a stack that is elsewhere. */

const key = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const aws = { AWS_ACCESS_KEY_ID: key.id, AWS_SECRET_ACCESS_KEY: key.secret, AWS_REGION: 'eu-west-1' };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const opened = (server: ApiServer): ApiServer => {
  closing.push(() => server.close(AbortSignal.abort()));
  return server;
};

/** An API, and a dashboard that forwards to it. */
async function start(env: Record<string, string> = {}) {
  const { app, client } = startApp();
  const api = opened(await serveApi(app, 0));
  const { url } = opened(await serveApi(forwardTo(apiAccess({ env, url: api.url })), 0));
  return { api, client, url };
}

/** What comes to an API, as it comes; everything is answered by an empty listing. */
async function listen() {
  const arrived: { headers: Record<string, unknown>; signature: ReturnType<typeof judgeSignature> }[] = [];
  const server = createServer(async (incoming, response) => {
    const body = await text(incoming);
    arrived.push({ headers: incoming.headers, signature: judgeSignature(incoming, body, key) });
    response.setHeader('content-type', 'application/json').setHeader('set-cookie', 'a=b').end('{"runs":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return { arrived, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** With headers that `fetch` does not let its callers choose. */
async function ask(url: string, path: string, headers: Record<string, string>, body?: object) {
  const sent = request(`${url}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json', ...headers },
  });
  sent.end(body && JSON.stringify(body));
  const [response] = await once(sent, 'response');
  return { status: response.statusCode, body: JSON.parse(await text(response)) };
}

describe('the proxy of the dashboard', () => {
  it('serves the page, and hands every other request on as it is', async () => {
    const { client, url } = await start();
    const page = await fetch(url);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const through = createHttpClient({ url });
    const run = await through.submitByName('echo', { a: 'é' }, { tenant: 'acme', idempotencyKey: 'k' });
    expect(run.created).toBe(true);
    expect(client.submitted).toMatchObject([
      { task: 'echo', input: { a: 'é' }, options: { tenant: 'acme', idempotencyKey: 'k' } },
    ]);
    await expect(through.get('nothing')).rejects.toMatchObject({ code: 'NotFound' });
    expect((await fetch(`${url}/runs?limit=0`)).status).toBe(400);
  });

  it('passes streams through as they come, and ends them with the reader', async () => {
    const { client, url } = await start();
    client.put(activeRun({ id: 'r1' }));
    const leaving = new AbortController();
    const seen: string[] = [];
    for await (const { status } of createHttpClient({ url }).watch('r1', { signal: leaving.signal })) {
      seen.push(status);
      if (seen.length === 1) client.put(succeededRun(1, { id: 'r1' }));
    }
    expect(seen).toEqual(['ready', 'succeeded']);
    const events = await fetch(`${url}/events`, { signal: leaving.signal });
    const [, options] = client.calls.findLast(([verb]) => verb === 'events') ?? [];
    await events.body?.getReader().read();
    leaving.abort();
    await expect.poll(() => (options as { signal: AbortSignal }).signal.aborted).toBe(true);
  });

  it('signs what it hands on, or shows its token, and answers no cookies', async () => {
    const { arrived, url: api } = await listen();
    const signed = opened(
      await serveApi(forwardTo(apiAccess({ env: { ...aws, HOLDFAST_AUTH: 'iam' }, url: api })), 0),
    );
    const answer = await fetch(`${signed.url}/runs?limit=5`);
    expect(await answer.json()).toEqual({ runs: [] });
    expect(answer.headers.get('set-cookie')).toBe(null);
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    await createHttpClient({ url: signed.url }).cancelAll({ name: 'x' });
    expect(arrived.map(({ signature }) => signature.isGenuine)).toEqual([true, true]);
    const shown = opened(
      await serveApi(forwardTo(apiAccess({ env: { HOLDFAST_TOKEN: 'canary' }, url: api })), 0),
    );
    await fetch(`${shown.url}/runs`, { headers: { authorization: 'Bearer other', cookie: 'a=b' } });
    expect(arrived.at(-1)?.headers).toMatchObject({ authorization: 'Bearer canary' });
    expect(arrived.at(-1)?.headers).not.toHaveProperty('cookie');
  });

  it.each([
    [{ host: 'rebound.example' }, 'host'],
    [{ origin: 'https://page.example' }, 'origin'],
    [{ origin: 'http://127.0.0.1:1' }, 'origin'],
    [{ origin: 'null' }, 'origin'],
    [{ 'sec-fetch-site': 'cross-site' }, 'sec-fetch-site'],
    [{ 'sec-fetch-site': 'same-site' }, 'sec-fetch-site'],
  ])('refuses what another page sends: %j', async (headers, field) => {
    const { client, url } = await start();
    for (const body of [undefined, { task: 'echo', input: 1 }]) {
      const answer = await ask(url, body ? '/tasks' : '/runs', headers, body);
      expect(answer).toMatchObject({ status: 403, body: { code: 'ForeignRequest', field } });
    }
    expect(client.calls).toEqual([]);
    expect(client.submitted).toEqual([]);
  });

  it('lets its own page in', async () => {
    const { url } = await start();
    const own = { host: url.slice(7), origin: url, 'sec-fetch-site': 'same-origin' };
    expect((await ask(url, '/tasks', own, { task: 'echo', input: 1 })).status).toBe(202);
  });

  it('says what is wrong where nobody answers, or nothing can be signed', async () => {
    const gone = opened(await serveApi(forwardTo(apiAccess({ env: {}, url: await deadUrl() })), 0));
    expect(await ask(gone.url, '/runs', {})).toMatchObject({
      status: 503,
      body: { code: 'ApiUnreachable', hint: expect.stringContaining('HOLDFAST_URL') },
    });
    const env = { HOLDFAST_AUTH: 'iam', AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/dev/null' };
    const blind = opened(await serveApi(forwardTo(apiAccess({ env, url: 'http://127.0.0.1:1' })), 0));
    expect(await ask(blind.url, '/runs', {})).toMatchObject({ body: { code: 'MissingSetting' } });
  });
});

it('holdfast dashboard serves until it is told to end', async () => {
  const { app, client } = startApp();
  client.put(activeRun({ id: 'r1' }));
  const api = opened(await serveApi(app, 0));
  const main = new URL('../../lib/cli/main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [main, 'dashboard', '--port', '0', '--url', api.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  try {
    const [line] = await once(createInterface(child.stdout), 'line');
    const [, url] = /^holdfast dashboard (http:\/\/127\.0\.0\.1:\d+)$/.exec(line) ?? [];
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' });
    // An open stream does not hold it.
    const events = await fetch(`${url}/events`);
    expect(events.status).toBe(200);
    child.kill('SIGINT');
    expect(await exit).toEqual([0, null]);
    await events.text().catch(() => {});
  } finally {
    child.kill('SIGKILL');
  }
}, 30_000);
