import { once } from 'node:events';
import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { EventsOptions } from '../../lib/client/client.ts';
import { type ApiServer, serveApi } from '../../lib/local/api-server.ts';
import { activeRun } from '../api/fake-client.ts';
import { startApp } from '../api/start-app.ts';

/* Nobody is asked who they are: so nobody but programs of this machine may come. */

const opened: ApiServer[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close(AbortSignal.abort());
});

async function open() {
  const { app, client } = startApp();
  const server = await serveApi(app, 0);
  opened.push(server);
  return { client, server, url: server.url, port: new URL(server.url).port };
}

/** What the engine does sooner or later, now. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

/** With headers that `fetch` does not let its callers choose. */
async function ask(url: string, headers: Record<string, string>, body?: object) {
  const sent = request(`${url}/tasks${body ? '' : '/r1'}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json', ...headers },
  });
  sent.end(body && JSON.stringify(body));
  const [response] = await once(sent, 'response');
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(await text(response)) };
}

test('it listens on the loopback address only', async () => {
  const { port, url } = await open();
  expect(new URL(url).hostname).toBe('127.0.0.1');
  const outward = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80'))
    .map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address));
  await expect(fetch(`${url}/health`)).resolves.toMatchObject({ status: 200 });
  // Another loopback address stands in where the machine has no other.
  for (const address of [...outward, '127.0.0.2', '[::1]'])
    await expect(fetch(`http://${address}:${port}/health`)).rejects.toThrow();
});

describe('an open stream of events', () => {
  test.each(['/events', '/runs/r1/events'])('of %s does not hold what closes the server', async (path) => {
    const { client, server, url } = await open();
    client.put(activeRun());
    const response = await fetch(`${url}${path}`);
    expect(response.status).toBe(200);
    const grace = new AbortController();
    const closed = server.close(grace.signal);
    // Ended, not cut: the reader sees the end of the body.
    await expect(response.text()).resolves.toMatch(/^retry: /);
    await closed;
    expect(grace.signal.aborted).toBe(false);
  });

  test('that nobody reads any more leaves nothing to be read', async () => {
    const { client, url } = await open();
    const leaving = new AbortController();
    const response = await fetch(`${url}/events`, { signal: leaving.signal });
    const [, options] = client.calls.find(([verb]) => verb === 'events') ?? [];
    leaving.abort();
    await expect(response.text()).rejects.toThrow();
    await expect.poll(() => (options as EventsOptions).signal?.aborted).toBe(true);
  });

  test('that ended long ago does not break what closes the server', async () => {
    const { client, server, url } = await open();
    const leaving = new AbortController();
    for (let reader = 0; reader < 5; reader += 1) await fetch(`${url}/events`, { signal: leaving.signal });
    collectGarbage();
    leaving.abort();
    const signals = () => client.calls.map(([, options]) => (options as EventsOptions).signal?.aborted);
    await expect.poll(signals).toEqual(Array(5).fill(true));
    const uncaught = vi.fn();
    process.setUncaughtExceptionCaptureCallback(uncaught);
    try {
      await server.close(new AbortController().signal);
      await setImmediate();
    } finally {
      process.setUncaughtExceptionCaptureCallback(null);
    }
    expect(uncaught.mock.calls).toEqual([]);
  });
});

describe('a page in a browser', () => {
  const submission = { task: 'echo', input: 1 };

  test.each([
    'rebound.example',
    'rebound.example:3000',
    '127.0.0.1.rebound.example',
    'localhost.rebound.example',
    'xlocalhost',
    '192.168.0.7:3000',
    '0.0.0.0:3000',
    '10.0.0.1',
  ])('reaches nothing by the name %s', async (host) => {
    const { client, url } = await open();
    for (const body of [undefined, submission]) {
      const answer = await ask(url, { host }, body);
      expect(answer).toMatchObject({
        status: 403,
        headers: { 'content-type': 'application/problem+json' },
        body: { code: 'ForeignRequest', field: 'host' },
      });
    }
    expect(client.calls).toEqual([]);
  });

  test.each([
    'https://page.example',
    'http://page.example:3000',
    'http://127.0.0.1.page.example',
    'null',
    'file://',
    'chrome-extension://abc',
  ])('reaches nothing from the origin %s', async (origin) => {
    const { client, url } = await open();
    for (const body of [undefined, submission]) {
      const answer = await ask(url, { origin }, body);
      expect(answer).toMatchObject({ status: 403, body: { code: 'ForeignRequest', field: 'origin' } });
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
    expect(client.calls).toEqual([]);
  });
});

describe('a program of this machine', () => {
  test.each([
    { host: 'localhost:3000' },
    { host: 'LOCALHOST' },
    { host: 'holdfast.localhost:8080' },
    { host: '127.0.0.1:8080' },
    { host: '[::1]:3000' },
    { origin: 'http://localhost:5173' },
    { origin: 'http://127.0.0.1:3000' },
  ])('may call it as %j', async (headers) => {
    const { client, url } = await open();
    expect((await ask(url, headers, { task: 'echo', input: 1 })).status).toBe(202);
    expect(client.submitted).toHaveLength(1);
  });
});
