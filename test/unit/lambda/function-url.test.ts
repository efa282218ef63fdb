import { Writable } from 'node:stream';
import { Hono } from 'hono';
import type { LambdaEvent } from 'hono/aws-lambda';
import { afterEach, expect, it, vi } from 'vitest';
import { bufferedHandler, functionUrlHandler } from '../../../lib/lambda/function-url.ts';

const app = new Hono().get('/tasks/:id', (c) => c.json({ id: c.req.param('id') }, 202, { location: '/x' }));

const event = {
  version: '2.0',
  routeKey: '$default',
  rawPath: '/tasks/7',
  rawQueryString: '',
  headers: { host: 'a.lambda-url.us-east-1.on.aws' },
  requestContext: { http: { method: 'GET', path: '/tasks/7' }, domainName: 'a.lambda-url.us-east-1.on.aws' },
  isBase64Encoded: false,
  body: null,
} as unknown as LambdaEvent;

afterEach(() => vi.unstubAllGlobals());

it("streams with what Lambda's runtime brings", async () => {
  const chunks: string[] = [];
  const metadata: unknown[] = [];
  vi.stubGlobal('awslambda', {
    streamifyResponse: (handler: unknown) => handler,
    HttpResponseStream: {
      from: (stream: Writable, given: unknown) => {
        metadata.push(given);
        return stream;
      },
    },
  });
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  const handler = functionUrlHandler(app) as unknown as (event: LambdaEvent, to: Writable) => Promise<void>;
  await handler(event, stream);
  expect(metadata).toMatchObject([{ statusCode: 202, headers: { location: '/x' } }]);
  expect(chunks.join('')).toBe('{"id":"7"}');
});

it('answers with a value on plain node', async () => {
  expect(await functionUrlHandler(app)(event)).toMatchObject({ statusCode: 202, body: '{"id":"7"}' });
});

it("answers an HTTP API with a value, though Lambda's runtime could stream: that gateway cannot", async () => {
  vi.stubGlobal('awslambda', { streamifyResponse: () => () => undefined });
  const gateway = {
    ...event,
    requestContext: {
      ...event.requestContext,
      apiId: 'a',
      authorizer: { jwt: { claims: { sub: 'ann' }, scopes: null } },
    },
  } as unknown as LambdaEvent;
  expect(await bufferedHandler(app)(gateway)).toMatchObject({
    statusCode: 202,
    headers: { location: '/x' },
    body: '{"id":"7"}',
  });
});
