import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startApp } from './start-app.ts';

// Together more than 10,000 requests.
const runsPerProperty = { numRuns: 2_000 };

const known = [
  'task',
  'workflow',
  'input',
  'idempotencyKey',
  'timeout',
  'maxAttempts',
  'priority',
  'tags',
  'delay',
  'dependsOn',
  'onDependencyFailure',
  'ref',
  'payload',
  'id',
  'reason',
  'mode',
  'since',
  'limit',
  'dryRun',
];
const otherPaths = [
  '/batches',
  '/retries',
  '/cancellations',
  '/pauses',
  '/resumptions',
  '/runs/r1/cancel',
  '/runs/r1/pause',
  '/runs/r1/resume',
  '/runs/r1/retry',
  '/runs/r1/signals/approved',
];
const evil = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '~standard', ''];
const key = fc.oneof(fc.constantFrom(...known), fc.constantFrom(...evil), fc.string({ unit: 'binary' }));
const value = fc.oneof(fc.constant('echo'), fc.jsonValue(), fc.double(), fc.string({ unit: 'binary' }));
// Written by hand, since no object has __proto__ as a key of its own by assignment.
const document = fc
  .array(fc.tuple(key, value), { maxLength: 8 })
  .map(
    (pairs) => `{${pairs.map(([name, of]) => `${JSON.stringify(name)}:${JSON.stringify(of) ?? 'null'}`)}}`,
  );
const body = fc.oneof(document, fc.json(), fc.string({ unit: 'binary' }));

const printableHeader = fc
  .string({ unit: 'grapheme-ascii' })
  .map((text) => text.replace(/[\r\n\0]/g, '').trim());
const headers = fc.record(
  {
    'content-type': fc.oneof(fc.constant('application/json'), printableHeader),
    'idempotency-key': printableHeader,
    'x-holdfast-tenant': printableHeader,
    traceparent: printableHeader,
    'content-length': printableHeader,
  },
  { requiredKeys: ['content-type'] },
);

async function check(response: Response, log: readonly unknown[]): Promise<void> {
  expect(response.status).toBeLessThan(500);
  expect(log).toEqual([]);
  const answer = await response.text();
  if (response.status < 300) return;
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(JSON.parse(answer)).toMatchObject({ status: response.status, code: expect.any(String) });
  expect(answer).not.toMatch(/\bat .+\.ts:\d+/);
}

describe('hostile requests never cause more than a 4xx', () => {
  it.each([undefined, 'echo'])('bodies, with the default task %s', async (defaultTask) => {
    const pristine = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
    // One app for all: to make its routes takes longer than to ask for one.
    const { app, log } = startApp(defaultTask === undefined ? {} : { defaultTask });
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom(...otherPaths), async (text, other) => {
        const json = { 'content-type': 'application/json' };
        const init = { method: 'POST', headers: json, body: text };
        await check(await app.request('/tasks', init), log);
        await check(await app.request('/runs', init), log);
        const list = `[${text},{"ref":"a","task":"echo"}]`;
        await check(await app.request(other, other === '/batches' ? { ...init, body: list } : init), log);
      }),
      runsPerProperty,
    );
    expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(pristine);
  });

  it('headers', async () => {
    const { app, log } = startApp();
    await fc.assert(
      fc.asyncProperty(headers, document, async (given, text) => {
        const init = { method: 'POST', headers: given as Record<string, string>, body: text };
        await check(await app.request('/tasks', init), log);
        await check(await app.request('/batches', { ...init, body: `[${text}]` }), log);
      }),
      runsPerProperty,
    );
  });

  it('paths, queries and methods', async () => {
    const segment = fc.oneof(
      fc.constantFrom(
        'tasks',
        'runs',
        'definitions',
        'cancel',
        'signals',
        'why',
        'attempts',
        'cost',
        'executions',
        'batches',
        '..',
        '%2e%2e',
        '%',
        '__proto__',
      ),
      fc.webSegment(),
    );
    const path = fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join('/')}`);
    const { app, log } = startApp();
    const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'FOO');
    await fc.assert(
      fc.asyncProperty(method, path, fc.webQueryParameters(), async (of, where, query) => {
        const response = await app.request(`${where}?${query}`, { method: of });
        expect(response.status).toBeLessThan(500);
        expect(log).toEqual([]);
      }),
      runsPerProperty,
    );
  });

  it('queries of the listing', async () => {
    const { app, log } = startApp();
    const name = fc.oneof(fc.constantFrom('status', 'name', 'limit', 'cursor', '__proto__'), fc.string());
    const pairs = fc.array(fc.tuple(name, fc.string({ unit: 'grapheme' })), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(pairs, async (given) => {
        await check(await app.request(`/runs?${new URLSearchParams(given)}`), log);
      }),
      runsPerProperty,
    );
  });
});
