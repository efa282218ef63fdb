import { describe, expect, it } from 'vitest';
import { batchBytesMax, bodyBytesMax } from '../../lib/api/json-body.ts';
import { activeRun, failedRun } from './fake-client.ts';
import { post, problemOf, startApp } from './start-app.ts';

const a = { ref: 'a', task: 'echo', input: 1 };
const b = { ref: 'b', workflow: 'order', input: { x: 1 }, dependsOn: ['a', 'r0'] };

describe('POST /batches', () => {
  it('hands everything to the client and answers 202 with the runs', async () => {
    const { app, client } = startApp();
    const timed = { ...a, timeout: 1.5, delay: '5m', maxAttempts: 7, priority: 'high', tags: ['eu'] };
    const response = await post(app, '/batches', [timed, { ...b, onDependencyFailure: 'skip' }], {
      'x-holdfast-tenant': 'acme',
    });
    expect(response.status).toBe(202);
    const { runs } = (await response.json()) as { runs: object[] };
    expect(runs).toMatchObject([
      { id: 'r1', task: 'echo', tenant: 'acme' },
      { id: 'r2', task: 'order', kind: 'workflow' },
    ]);
    expect(runs[0]).not.toHaveProperty('created');
    expect(client.calls[0]).toEqual([
      'submitAll',
      [
        { ...timed, timeout: '1500ms', delay: '300000ms' },
        { ref: 'b', task: 'order', input: { x: 1 }, dependsOn: ['a', 'r0'], onDependencyFailure: 'skip' },
      ],
      { tenant: 'acme' },
    ]);
  });

  it('answers 200 to the same batch again, 409 to another under its keys', async () => {
    const { app } = startApp();
    const submit = (input: unknown) => post(app, '/batches', [{ ...a, input, idempotencyKey: 'k' }]);
    const first = await submit(1);
    const again = await submit(1);
    const other = await submit(2);
    expect([first.status, again.status, other.status]).toEqual([202, 200, 409]);
    expect(await again.json()).toEqual(await first.json());
  });

  it('gives each entry a key of its own, and the trace, from the headers', async () => {
    const { app, client } = startApp();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const own = traceparent.replace(/01$/, '00');
    const entries = [a, { ...a, ref: 'b', idempotencyKey: 'k.b', traceparent: own }];
    expect((await post(app, '/batches', entries, { 'idempotency-key': 'k', traceparent })).status).toBe(202);
    expect(client.calls[0]?.[1]).toMatchObject([
      { ref: 'a', idempotencyKey: 'k.a', traceparent },
      { ref: 'b', idempotencyKey: 'k.b', traceparent: own },
    ]);
    await post(app, '/batches', [a], { traceparent: '00-nonsense' });
    expect(client.submitted.at(-1)?.options).toEqual({});
  });

  it.each<[unknown, string, string]>([
    [[{ ...a, idempotencyKey: 'mine' }], 'k', '0.idempotencyKey'],
    [[a], 'k'.repeat(255), 'idempotencyKey'],
    [[a], 'k'.repeat(257), 'idempotencyKey'],
    [[a], '', 'idempotencyKey'],
  ])('refuses %j under the key %s', async (entries, key, field) => {
    const { app, client } = startApp();
    const problem = await problemOf(await post(app, '/batches', entries, { 'idempotency-key': key }));
    expect(problem).toMatchObject({ status: 400, field });
    expect(client.calls).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['no list', a, 'body'],
    ['no entries', [], 'body'],
    ['101 entries', Array.from({ length: 101 }, (_, at) => ({ ...a, ref: `r${at}` })), 'body'],
    ['null', [a, null], '1'],
    ['a text', [a, 'b'], '1'],
    ['no ref', [{ task: 'echo' }], '0.ref'],
    ['a ref that is a number', [{ ...a, ref: 1 }], '0.ref'],
    ['a long ref', [{ ...a, ref: 'x'.repeat(65) }], '0.ref'],
    ['neither task nor workflow', [a, { ref: 'b' }], '1.task'],
    ['both', [a, { ...b, task: 'echo' }], '1.task'],
    ['a timeout of a workflow', [a, { ...b, timeout: 5 }], '1.timeout'],
    ['attempts of a workflow', [a, { ...b, maxAttempts: 5 }], '1.maxAttempts'],
    ['a timeout that is no duration', [a, { ...a, ref: 'b', timeout: 'soon' }], '1.timeout'],
    ['a delay of 367 days', [{ ...b, delay: '367d' }], '0.delay'],
    ['an unknown field', [a, { ...b, depends: [] }], '1.depends'],
    ['a tenant in an entry', [{ ...a, tenant: 'acme' }], '0.tenant'],
    ['an unknown task', [a, { ref: 'b', task: 'nope' }], '1.task'],
    ['an unknown workflow', [a, { ref: 'b', workflow: 'nope' }], '1.workflow'],
    ['a dependency that is no name', [{ ...a, dependsOn: ['b c'] }], '0.dependsOn.0'],
    ['a dependency that is a list', [{ ...a, dependsOn: [['b']] }], '0.dependsOn.0'],
    ['too many dependencies', [{ ...a, dependsOn: Array.from({ length: 101 }, String) }], '0.dependsOn'],
    ['__proto__', '[{"ref":"a","task":"echo","input":{"__proto__":{"admin":1}}}]', '0.input.__proto__'],
    ['constructor', [a, { ...b, constructor: {} }], '1.constructor'],
  ])('refuses %s', async (_what, body, field) => {
    const { app, client } = startApp();
    const problem = await problemOf(await post(app, '/batches', body));
    expect(problem).toMatchObject({ status: 400, field });
    expect(problem.hint).toMatch(/\w/);
    expect(client.submitted.filter(({ task }) => task !== 'echo')).toEqual([]);
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false);
  });

  it('takes a body that is too large for one task, but no more than fits a function URL', async () => {
    const bodyOf = (length: number) => [{ ...a, input: 'x'.repeat(length) }];
    const { app } = startApp();
    expect((await post(app, '/batches', bodyOf(bodyBytesMax))).status).toBe(202);
    const problem = await problemOf(await post(app, '/batches', bodyOf(batchBytesMax)));
    expect(problem).toMatchObject({ status: 413, code: 'PayloadTooLarge', field: 'body' });
    expect(problem.detail).toContain(String(batchBytesMax));
    expect((await post(app, '/retries', { name: 'x'.repeat(bodyBytesMax) })).status).toBe(413);
  });
});

describe('POST /retries', () => {
  it('tries again what failed, or says which it would be', async () => {
    const { app, client } = startApp();
    client.put(failedRun());
    client.put(failedRun({ id: 'r0~2', retryOf: 'r0' }));
    const filter = { name: 'echo', since: '2030-01-01', until: '2030-01-31T12:00:00+01:00', limit: 5 };
    const dry = await post(app, '/retries', { ...filter, dryRun: true }, { 'x-holdfast-tenant': 'acme' });
    expect([dry.status, await dry.json()]).toEqual([
      200,
      {
        runs: [
          { id: 'r1', task: 'echo' },
          { id: 'r0~2', task: 'echo' },
        ],
      },
    ]);
    const done = await post(app, '/retries', {});
    expect([done.status, await done.json()]).toEqual([
      202,
      {
        runs: [
          { id: 'r1', task: 'echo', retry: 'r1~2' },
          { id: 'r0~2', task: 'echo', error: { code: 'NotFailed', message: 'did not begin' } },
        ],
      },
    ]);
    expect(client.calls).toEqual([
      ['retryAll', { ...filter, tenant: 'acme' }, { dryRun: true, pages: 5 }],
      ['retryAll', {}, { dryRun: false, pages: 5 }],
    ]);
  });

  it.each<[unknown, string]>([
    // Nobody tries everything again by accident.
    ['', 'body'],
    [[], 'body'],
    [{ since: 'yesterday' }, 'since'],
    [{ since: 7 }, 'since'],
    [{ until: '2030-02-30' }, 'until'],
    [{ limit: 0 }, 'limit'],
    [{ limit: 1_001 }, 'limit'],
    [{ limit: '5' }, 'limit'],
    [{ cursor: 7 }, 'cursor'],
    [{ cursor: 'x'.repeat(2_049) }, 'cursor'],
    [{ dryRun: 'yes' }, 'dryRun'],
    [{ dryrun: true }, 'dryrun'],
    [{ name: '' }, 'name'],
    [{ name: 'x'.repeat(65) }, 'name'],
    [{ input: 1 }, 'input'],
  ])('refuses %j', async (body, field) => {
    const { app, client } = startApp();
    expect(await problemOf(await post(app, '/retries', body))).toMatchObject({ status: 400, field });
    expect(client.calls).toEqual([]);
  });
});

describe('POST /cancellations, /pauses, /resumptions', () => {
  const filter = { name: 'echo', since: '2030-01-01', until: '2030-01-31T12:00:00Z', limit: 7 };
  const who = { reason: 'too warm', by: 'me' };

  it.each([
    ['/cancellations', 'cancelAll', { ...filter, status: 'waiting' }, { ...who, mode: 'abort' }],
    ['/pauses', 'pauseAll', { ...filter, status: 'running' }, { ...who, mode: 'graceful' }],
    ['/resumptions', 'resumeAll', { ...filter, status: 'paused' }, who],
  ])('%s says which it would be, or is', async (path, verb, which, request) => {
    const { app, client } = startApp();
    client.put(activeRun());
    client.put(failedRun({ id: 'r2' }));
    const headers = { 'x-holdfast-tenant': 'acme' };
    const dry = await post(app, path, { ...which, ...request, dryRun: true }, headers);
    const refused = { code: 'AlreadyFinished', message: 'has ended' };
    expect([dry.status, await dry.json()]).toEqual([
      200,
      {
        runs: [
          { id: 'r1', task: 'echo', status: 'ready' },
          { id: 'r2', task: 'echo', status: 'failed', error: refused },
        ],
      },
    ]);
    expect((await post(app, path, {})).status).toBe(202);
    expect(client.calls).toEqual([
      [verb, { ...which, tenant: 'acme' }, { ...request, dryRun: true, pages: 5 }],
      [verb, {}, { dryRun: false, pages: 5 }],
    ]);
  });

  it.each<[string, unknown, string]>([
    ['/cancellations', undefined, 'body'],
    ['/cancellations', { status: 'succeeded' }, 'status'],
    ['/cancellations', { mode: 'rude' }, 'mode'],
    ['/cancellations', { limit: 1_001 }, 'limit'],
    ['/cancellations', { dryRun: 'yes' }, 'dryRun'],
    ['/pauses', { status: 'paused' }, 'status'],
    ['/pauses', { since: 'soon' }, 'since'],
    ['/resumptions', { status: 'running' }, 'status'],
    ['/resumptions', { mode: 'abort' }, 'mode'],
  ])('refuses %s %j', async (path, body, field) => {
    const { app, client } = startApp();
    const problem = await problemOf(await post(app, path, body ?? ''));
    expect(problem).toMatchObject({ status: 400, field });
    expect(client.calls).toEqual([]);
  });
});
