import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { LambdaEvent } from 'hono/aws-lambda';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { functionUrlHandler } from '../../lib/lambda/function-url.ts';
import { type ApiServer, serveApi } from '../../lib/local/api-server.ts';
import { startApp } from '../api/start-app.ts';

/*
 * Bodies as clients send them over a socket: chunked, absent, endless. A Request made in the process always has what
 * these lack.
 */
const opened: ApiServer[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close(AbortSignal.abort());
});

async function open() {
  const { app, log, client } = startApp();
  const answers = vi.spyOn(app, 'fetch');
  const server = await serveApi(app, 0);
  opened.push(server);
  return { url: server.url, log, client, answers };
}

/** Sends the lines as they are and reads until the server closes the connection. */
async function exchange(url: string, head: readonly string[], body = ''): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`${[...head, 'host: localhost', 'connection: close'].join('\r\n')}\r\n\r\n${body}`);
  return text(socket);
}

const chunked = (...parts: string[]) =>
  [...parts, ''].map((part) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`).join('');
const json = 'content-type: application/json';
const submission = JSON.stringify({ task: 'echo', input: 'ä' });

test.each([
  ['content-length: 1000', '{"task":"echo",'],
  ['transfer-encoding: chunked', '5\r\n{"tas\r\n'],
])('a client that leaves in the middle of its body (%s) is no fault of the server', async (header, begun) => {
  const { url, log, client, answers } = await open();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(['POST /tasks HTTP/1.1', 'host: localhost', json, header, '', begun].join('\r\n'));
  await expect.poll(() => answers.mock.results.length).toBe(1);
  socket.resetAndDestroy();
  const answer: Response = await answers.mock.results[0]?.value;
  expect(answer.status).toBe(400);
  expect([log, client.calls]).toEqual([[], []]);
});

describe('without a content-length', () => {
  test('a chunked body is read', async () => {
    const { url, log } = await open();
    const head = ['POST /tasks HTTP/1.1', json, 'transfer-encoding: chunked'];
    const answer = await exchange(url, head, chunked(submission.slice(0, 9), submission.slice(9)));
    expect(answer).toMatch(/^HTTP\/1\.1 202 /);
    expect(answer).toContain('"input":"ä"');
    expect(log).toEqual([]);
  });

  test.each([
    ['POST /runs/r1/cancel', [json], 404],
    ['POST /runs/r1/cancel', [], 415],
    ['POST /tasks', [json], 400],
    ['DELETE /tasks', [], 405],
    ['OPTIONS /tasks', [], 405],
    ['PATCH /nowhere', [], 404],
  ])('%s with no body at all and %j is answered', async (line, headers, status) => {
    const { url, log } = await open();
    const answer = await exchange(url, [`${line} HTTP/1.1`, ...headers]);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain('content-type: application/problem+json');
    expect(log).toEqual([]);
  });

  test('a PATCH with a chunked body is answered', async () => {
    const { url, log } = await open();
    const head = ['PATCH /tasks HTTP/1.1', json, 'transfer-encoding: chunked'];
    expect(await exchange(url, head, chunked('{}'))).toMatch(/^HTTP\/1\.1 405 /);
    expect(log).toEqual([]);
  });
});

describe('too large a body is refused, and the connection closed', () => {
  test('chunked, as soon as it is too large: its end is not waited for', async () => {
    const { url, log } = await open();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => {}); // the server may close while the rest is being sent
    await once(socket, 'connect');
    socket.write(`POST /tasks HTTP/1.1\r\nhost: localhost\r\n${json}\r\ntransfer-encoding: chunked\r\n\r\n`);
    socket.write(chunked('x'.repeat(1_000_001)).slice(0, -5)); // without the last chunk
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    expect(answer).toContain('"code":"PayloadTooLarge"');
    expect(log).toEqual([]);
  });

  test('by its content-length, before it is sent', async () => {
    const { url } = await open();
    const answer = await exchange(url, ['POST /tasks HTTP/1.1', json, 'content-length: 1000001']);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('a body of exactly the limit is read', async () => {
    const { url } = await open();
    const body = submission.padEnd(1_000_000 - 1, ' '); // ä is two bytes
    const head = ['POST /tasks HTTP/1.1', json, 'transfer-encoding: chunked'];
    expect(await exchange(url, head, chunked(body))).toMatch(/^HTTP\/1\.1 202 /);
  });
});

describe('as a function URL', () => {
  const invoke = (headers: Record<string, string>, body: string | null) =>
    functionUrlHandler(startApp().app)({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/tasks',
      rawQueryString: '',
      headers: { host: 'a.lambda-url.us-east-1.on.aws', ...headers },
      requestContext: {
        http: { method: 'POST', path: '/tasks' },
        domainName: 'a.lambda-url.us-east-1.on.aws',
      },
      isBase64Encoded: false,
      body,
    } as unknown as LambdaEvent);
  const type = { 'content-type': 'application/json' };

  test.each([
    ['a body', submission, 202],
    ['none', null, 400],
    ['too large a one', 'x'.repeat(1_000_001), 413],
  ])('%s, without a content-length', async (_, body, statusCode) => {
    expect(await invoke(type, body)).toMatchObject({ statusCode });
  });
});
