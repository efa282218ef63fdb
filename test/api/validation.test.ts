import { describe, expect, it } from 'vitest';
import { bodyBytesMax } from '../../lib/api/json-body.ts';
import { post, problemOf, startApp } from './start-app.ts';

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe('bodies that are refused', () => {
  it.each<[string, unknown, string]>([
    ['an unknown field', { task: 'echo', inptu: 1 }, 'inptu'],
    ['a field of another verb', { task: 'echo', workflow: 'order' }, 'workflow'],
    ['a dependency that is no id', { task: 'echo', dependsOn: ['r1', 'a#b'] }, 'dependsOn.1'],
    ['an empty dependency', { task: 'echo', dependsOn: [''] }, 'dependsOn.0'],
    ['a dependency that is an object', { task: 'echo', dependsOn: [{ id: 'r1' }] }, 'dependsOn.0'],
    ['too many dependencies', { task: 'echo', dependsOn: Array.from({ length: 101 }, String) }, 'dependsOn'],
    ['an unknown reaction', { task: 'echo', onDependencyFailure: 'wait' }, 'onDependencyFailure'],
    ['an unknown task', { task: 'nope' }, 'task'],
    ['an empty task', { task: '' }, 'task'],
    ['a task that is a number', { task: 7 }, 'task'],
    ['a long task', { task: 'x'.repeat(65) }, 'task'],
    ['no task', {}, 'task'],
    ['an empty key', { task: 'echo', idempotencyKey: '' }, 'idempotencyKey'],
    ['a long key', { task: 'echo', idempotencyKey: 'k'.repeat(257) }, 'idempotencyKey'],
    ['half a surrogate pair', '{"task":"echo","idempotencyKey":"\\ud800"}', 'idempotencyKey'],
    ['no timeout at all', { task: 'echo', timeout: null }, 'timeout'],
    ['a timeout of 0', { task: 'echo', timeout: 0 }, 'timeout'],
    ['a negative timeout', { task: 'echo', timeout: -1 }, 'timeout'],
    ['a timeout that is no duration', { task: 'echo', timeout: 'soon' }, 'timeout'],
    ['a timeout of 8 days', { task: 'echo', timeout: '8d' }, 'timeout'],
    ['an infinite timeout', '{"task":"echo","timeout":1e999}', 'timeout'],
    ['a delay of 367 days', { task: 'echo', delay: '367d' }, 'delay'],
    ['a negative delay', { task: 'echo', delay: -0.5 }, 'delay'],
    ['no attempts', { task: 'echo', maxAttempts: 0 }, 'maxAttempts'],
    ['half an attempt', { task: 'echo', maxAttempts: 1.5 }, 'maxAttempts'],
    ['too many attempts', { task: 'echo', maxAttempts: 101 }, 'maxAttempts'],
    ['an unknown priority', { task: 'echo', priority: 'urgent' }, 'priority'],
    ['tags that are no list', { task: 'echo', tags: 'eu' }, 'tags'],
    ['an empty tag', { task: 'echo', tags: ['eu', ''] }, 'tags.1'],
    ['too many tags', { task: 'echo', tags: Array.from({ length: 17 }, (_, at) => `t${at}`) }, 'tags'],
    ['a list', [], 'body'],
    ['null', null, 'body'],
    ['a string', '"echo"', 'body'],
    ['__proto__', '{"task":"echo","input":{"a":[{"__proto__":{"admin":true}}]}}', 'input.a.0.__proto__'],
    ['constructor', { task: 'echo', input: { constructor: 1 } }, 'input.constructor'],
    ['prototype', { task: 'echo', prototype: 1 }, 'prototype'],
    ['deep nesting', `{"task":"echo","input":${nested(64)}}`, 'body'],
    ['very deep nesting', nested(400_000), 'body'],
  ])('%s', async (_what, body, field) => {
    const { app, client } = startApp();
    const problem = await problemOf(await post(app, '/tasks', body));
    expect(problem).toMatchObject({ status: 400, field });
    expect(problem.detail).toBeTypeOf('string');
    expect(problem.hint).toMatch(/\w/);
    expect(client.submitted).toEqual([]);
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false);
  });

  it.each([
    ['{"task":"echo","input":{"a":[1,9007199254740993]}}', 'input.a.1'],
    ['{"task":"echo","input":-12345678901234567890}', 'input'],
    ['{"task":"echo","input":"x","timeout":9007199254740993}', 'timeout'],
    [`{"task":"echo","input":${'9'.repeat(400)}}`, 'input'],
    ['9007199254740993', 'body'],
  ])('refuses integers that would lose digits: %s', async (body, field) => {
    const { app, client } = startApp();
    const problem = await problemOf(await post(app, '/tasks', body));
    expect(problem).toMatchObject({ status: 400, code: 'NotSerializable', field });
    expect(client.submitted).toEqual([]);
  });

  it('takes numbers of many digits that lose none that count', async () => {
    const { app, client } = startApp();
    const body = `{"task":"echo","input":[9007199254740992,1152921504606846976,0.12345678901234567890,1e20,"9007199254740993",{"9007199254740993":1}]}`;
    expect((await post(app, '/tasks', body)).status).toBe(202);
    expect(client.submitted[0]?.input).toEqual(JSON.parse(body).input);
  });

  it('takes 63 levels', async () => {
    const { app } = startApp();
    expect((await post(app, '/tasks', `{"task":"echo","input":${nested(63)}}`)).status).toBe(202);
  });

  it('keeps two different keys apart', async () => {
    const { app } = startApp();
    const response = await post(
      app,
      '/tasks',
      { task: 'echo', idempotencyKey: 'a' },
      { 'idempotency-key': 'b' },
    );
    expect(await problemOf(response)).toMatchObject({ status: 400, field: 'idempotencyKey' });
    const other = Buffer.from('ä').toString('latin1');
    for (const [path, body] of [
      ['/tasks', { task: 'echo' }],
      ['/runs', { workflow: 'order' }],
      ['/batches', [{ ref: 'a', task: 'echo' }]],
      ['/executions', { workflowId: 'w', functionName: 'echo', parameters: 1 }],
    ] as const) {
      const problem = await problemOf(await post(app, path, body, { 'idempotency-key': other }));
      expect(problem).toMatchObject({
        status: 400,
        field: 'idempotencyKey',
        hint: expect.stringContaining('in the body'),
      });
    }
    const long = await post(app, '/tasks', { task: 'echo' }, { 'idempotency-key': 'b'.repeat(257) });
    expect(await problemOf(long)).toMatchObject({ status: 400, field: 'idempotencyKey' });
  });
});

describe('bodies that are no JSON', () => {
  it.each([
    ['half a document', '{"task":"echo"'],
    ['two documents', '{} {}'],
    ['text', 'canary-5f2'],
    ['NaN', '{"task":NaN}'],
  ])('%s', async (_what, body) => {
    const problem = await problemOf(await post(startApp().app, '/tasks', body));
    expect(problem).toMatchObject({ status: 400, code: 'MalformedJson', field: 'body' });
    expect(JSON.stringify(problem)).not.toContain('canary');
  });

  it('bytes that are no UTF-8', async () => {
    const body = Buffer.concat([Buffer.from('{"task":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    const headers = { 'content-type': 'application/json' };
    const response = await startApp().app.request('/tasks', { method: 'POST', headers, body });
    expect(await problemOf(response)).toMatchObject({ status: 400, code: 'MalformedJson' });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1', ''])(
    'content type %j',
    async (type) => {
      const { app, client } = startApp();
      const response = await post(app, '/tasks', { task: 'echo' }, { 'content-type': type });
      expect(await problemOf(response)).toMatchObject({ status: 415, code: 'UnsupportedMediaType' });
      // Else a page of another origin could cancel: a bare POST needs no permission.
      const bare = await app.request('/runs/r1/cancel', { method: 'POST' });
      expect(await problemOf(bare)).toMatchObject({ status: 415 });
      expect(client.calls).toEqual([]);
    },
  );

  it.each(['application/json', 'Application/JSON; charset=UTF-8', 'application/merge-patch+json'])(
    'takes the content type %j',
    async (type) => {
      const response = await post(startApp().app, '/tasks', { task: 'echo' }, { 'content-type': type });
      expect(response.status).toBe(202);
    },
  );
});

describe('bodies that are too large', () => {
  const tooLarge = JSON.stringify({ task: 'echo', input: 'x'.repeat(bodyBytesMax) });

  it.each([
    ['as announced', { 'content-length': String(tooLarge.length) }],
    ['whatever was announced', { 'content-length': '10' }],
    ['announced as nonsense', { 'content-length': 'many' }],
    ['unannounced', {}],
  ])('%s', async (_what, headers) => {
    const { app, client } = startApp();
    const response = await post(app, '/tasks', tooLarge, headers as Record<string, string>);
    expect(await problemOf(response)).toMatchObject({ status: 413, code: 'PayloadTooLarge', field: 'body' });
    expect(client.submitted).toEqual([]);
  });

  it('takes one that just fits', async () => {
    const frame = JSON.stringify({ task: 'echo', input: '' }).length;
    const body = JSON.stringify({ task: 'echo', input: 'x'.repeat(bodyBytesMax - frame) });
    expect((await post(startApp().app, '/tasks', body)).status).toBe(202);
  });
});

describe('paths and queries that are refused', () => {
  it.each([
    ['/runs/%00', 'id'],
    ['/runs/a%23b', 'id'],
    ['/runs/%E0%A4%A', 'id'],
    [`/runs/${'x'.repeat(129)}`, 'id'],
    ['/runs?status=done', 'status'],
    ['/runs?limit=0', 'limit'],
    ['/runs?limit=101', 'limit'],
    ['/runs?limit=ten', 'limit'],
    ['/runs?limit=5&limit=6', 'limit'],
    ['/runs?since=0', 'since'],
    ['/runs?cursor=', 'cursor'],
    [`/runs?cursor=${'c'.repeat(2_049)}`, 'cursor'],
  ])('GET %s', async (path, field) => {
    const { app, client } = startApp();
    expect(await problemOf(await app.request(path))).toMatchObject({ status: 400, field });
    expect(client.calls).toEqual([]);
  });

  it.each([
    [{ mode: 'now' }, 'mode'],
    [{ reason: '' }, 'reason'],
    [{ reason: 'r'.repeat(257) }, 'reason'],
    [{ why: 'x' }, 'why'],
    ['[]', 'body'],
  ])('POST /runs/r1/cancel %j', async (body, field) => {
    const { app, client } = startApp();
    expect(await problemOf(await post(app, '/runs/r1/cancel', body))).toMatchObject({ status: 400, field });
    expect(client.calls).toEqual([]);
  });
});
