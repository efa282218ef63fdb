import { describe, expect, it } from 'vitest';
import { HoldfastError } from '../../lib/model/errors.ts';
import { activeRun, failedRun, orderHash, orderShape, succeededRun } from './fake-client.ts';
import { post, problemOf, startApp } from './start-app.ts';

describe('POST /tasks', () => {
  it('hands everything to the client and answers 202 with a location', async () => {
    const { app, client } = startApp();
    const response = await post(app, '/tasks', {
      task: 'echo',
      input: { deep: [1, null, 'x'] },
      timeout: 1.5,
      delay: '5m',
      maxAttempts: 7,
      priority: 'high',
      tags: ['eu'],
    });
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe('/tasks/r1');
    expect(await response.json()).toMatchObject({ id: 'r1', task: 'echo', status: 'ready' });
    expect(client.submitted).toEqual([
      {
        task: 'echo',
        input: { deep: [1, null, 'x'] },
        options: { timeout: '1500ms', delay: '300000ms', maxAttempts: 7, priority: 'high', tags: ['eu'] },
      },
    ]);
  });

  it('answers 200 to the same request again, 409 to another under its key', async () => {
    const { app } = startApp();
    const submit = (input: unknown) => post(app, '/tasks', { task: 'echo', input, idempotencyKey: 'k' });
    const first = await submit(1);
    const again = await submit(1);
    const other = await submit(2);
    expect([first.status, again.status, other.status]).toEqual([202, 200, 409]);
    expect(await again.json()).toEqual(await first.json());
    expect(await problemOf(other)).toMatchObject({ code: 'IdempotencyConflict', field: 'idempotencyKey' });
  });

  it('takes the idempotency key, the tenant and the trace from headers', async () => {
    const { app, client } = startApp();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { 'idempotency-key': 'from header', 'x-holdfast-tenant': 'acme', traceparent };
    expect((await post(app, '/tasks', { task: 'echo' }, headers)).status).toBe(202);
    expect(client.submitted[0]?.options).toEqual({
      idempotencyKey: 'from header',
      tenant: 'acme',
      traceparent,
    });
    const ignored = { traceparent: '00-nonsense' };
    expect((await post(app, '/tasks', { task: 'echo' }, ignored)).status).toBe(202);
    expect(client.submitted[1]?.options).toEqual({});
  });

  it.each([null, 0, '', false])('passes the input %j on', async (input) => {
    const { app, client } = startApp();
    await post(app, '/tasks', { task: 'echo', input });
    expect(client.submitted[0]?.input).toBe(input);
  });
});

describe('POST /tasks without a task', () => {
  it('is refused without a default task', async () => {
    const { app } = startApp();
    expect(await problemOf(await post(app, '/tasks', { input: 1 }))).toMatchObject({
      status: 400,
      field: 'task',
    });
  });

  it('gives the default task the whole body but the known fields', async () => {
    const { app, client } = startApp({ defaultTask: 'echo' });
    const response = await post(app, '/tasks', { prompt: 'hello', tools: ['a'], timeout: 5, tags: ['x'] });
    expect(response.status).toBe(202);
    expect(client.submitted).toEqual([
      { task: 'echo', input: { prompt: 'hello', tools: ['a'] }, options: { timeout: '5000ms', tags: ['x'] } },
    ]);
  });

  it('takes the input where it stands, and then refuses further fields', async () => {
    const { app, client } = startApp({ defaultTask: 'echo' });
    expect((await post(app, '/tasks', { input: 7 })).status).toBe(202);
    expect(client.submitted[0]).toEqual({ task: 'echo', input: 7, options: {} });
    const mixed = await problemOf(await post(app, '/tasks', { input: 7, prompt: 'x' }));
    expect(mixed).toMatchObject({ status: 400, field: 'prompt' });
  });

  it('never makes input of a field that has a meaning of its own', async () => {
    const { app, client } = startApp({ defaultTask: 'echo' });
    const body = { prompt: 'x', dependsOn: ['r1'], onDependencyFailure: 'skip' };
    expect((await post(app, '/tasks', body)).status).toBe(202);
    const options = { dependsOn: ['r1'], onDependencyFailure: 'skip' };
    expect(client.submitted).toEqual([{ task: 'echo', input: { prompt: 'x' }, options }]);
    const problem = await problemOf(await post(app, '/tasks', { prompt: 'x', dependsOn: 'r1' }));
    expect(problem).toMatchObject({ status: 400, field: 'dependsOn' });
  });

  it('names a missing field of a flat input as it stands in the body', async () => {
    const { app, client } = startApp({ defaultTask: 'echo' });
    const thrown = new HoldfastError('InvalidInput', 'input.prompt: expected string', {
      field: 'input.prompt',
    });
    client.failure = { thrown };
    const flat = await problemOf(await post(app, '/tasks', { timeout: 5 }));
    expect(flat).toMatchObject({ field: 'prompt', detail: 'prompt: expected string' });
    const nested = await problemOf(await post(app, '/tasks', { input: {} }));
    expect(nested).toMatchObject({ field: 'input.prompt' });
  });
});

describe('POST /runs', () => {
  it('hands everything to the client and answers 202 with a location', async () => {
    const { app, client } = startApp();
    const waits = { dependsOn: ['a~2', 'b'], onDependencyFailure: 'fail' };
    const body = { workflow: 'order', input: { a: 1 }, delay: 90, priority: 'low', tags: ['eu'], ...waits };
    const response = await post(app, '/runs', body, { 'x-holdfast-tenant': 'acme' });
    expect([response.status, response.headers.get('location')]).toEqual([202, '/runs/r1']);
    expect(await response.json()).toMatchObject({ id: 'r1', task: 'order', kind: 'workflow' });
    const options = { delay: '90000ms', priority: 'low', tags: ['eu'], tenant: 'acme', ...waits };
    expect(client.submitted).toEqual([{ task: 'order', input: { a: 1 }, options }]);
  });

  it('answers 200 to the same request again, 409 to another under its key', async () => {
    const { app } = startApp();
    const submit = (input: unknown) =>
      post(app, '/runs', { workflow: 'order', input }, { 'idempotency-key': 'k' });
    const first = await submit(1);
    const again = await submit(1);
    const other = await submit(2);
    expect([first.status, again.status, other.status]).toEqual([202, 200, 409]);
    expect(await again.json()).toEqual(await first.json());
  });

  it.each([
    ['a timeout', { workflow: 'order', timeout: 5 }, 'timeout', /belongs to the steps/],
    ['attempts', { workflow: 'order', maxAttempts: 5 }, 'maxAttempts', /belongs to the steps/],
    ['a task', { task: 'echo' }, 'workflow', /workflow/],
    ['both', { workflow: 'order', task: 'echo' }, 'task', /no field/],
    ['no workflow', {}, 'workflow', /workflow/],
    ['an unknown workflow', { workflow: 'nope' }, 'workflow', /no such/],
    ['a delay of 367 days', { workflow: 'order', delay: '367d' }, 'delay', /366d/],
    ['a list', [], 'body', /./],
    ['null', null, 'body', /./],
  ])('refuses %s', async (_what, body, field, detail) => {
    const { app, client } = startApp();
    const problem = await problemOf(await post(app, '/runs', body));
    expect(problem).toMatchObject({ status: 400, field, detail: expect.stringMatching(detail) });
    expect(client.submitted).toEqual([]);
  });
});

describe('runs', () => {
  it.each(['/tasks/r1', '/runs/r1'])('GET %s shows a run', async (path) => {
    const { app, client } = startApp();
    client.put(failedRun({ progress: { done: 3 } }));
    const response = await app.request(path);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(failedRun({ progress: { done: 3 } }));
  });

  it('leaves the nodes out where nobody wants them', async () => {
    const { app, client } = startApp();
    client.put(activeRun());
    await app.request('/runs/r1?nodes=false');
    await app.request('/runs/r1?nodes=true');
    expect(client.calls).toEqual([
      ['get', 'r1', { nodes: false, valueBytesMax: 2_500_000 }],
      ['get', 'r1', { valueBytesMax: 2_500_000 }],
    ]);
    const problem = await problemOf(await app.request('/runs/r1?nodes=some'));
    expect(problem).toMatchObject({ status: 400, field: 'nodes' });
  });

  it.each([null, 0, '', false])('shows the output %j', async (output) => {
    const { app, client } = startApp();
    client.put(succeededRun(output));
    expect(await (await app.request('/tasks/r1')).json()).toHaveProperty('output', output);
  });

  it('knows a run in its own tenant only', async () => {
    const { app, client } = startApp();
    client.put(activeRun({ tenant: 'acme' }));
    const read = (tenant: string) => app.request('/runs/r1', { headers: { 'x-holdfast-tenant': tenant } });
    expect((await read('acme')).status).toBe(200);
    expect(await problemOf(await read('other'))).toMatchObject({ status: 404, code: 'NotFound' });
    expect(await problemOf(await read(''))).toMatchObject({ status: 400, field: 'tenant' });
    expect(await problemOf(await read('a#b'))).toMatchObject({ status: 400, field: 'tenant' });
  });

  it('lists by the query', async () => {
    const { app, client } = startApp();
    client.put(activeRun());
    const response = await app.request('/runs?status=ready&name=echo&limit=5&cursor=abc');
    expect(await response.json()).toEqual({ runs: [activeRun()], cursor: 'next' });
    expect(client.calls).toEqual([['list', { status: 'ready', name: 'echo', limit: 5, cursor: 'abc' }]]);
  });

  it('cancels, with or without a body', async () => {
    const { app, client } = startApp();
    client.put(activeRun());
    const full = await post(app, '/runs/r1/cancel', { reason: 'wrong', by: 'me', mode: 'abort' });
    expect(full.status).toBe(202);
    expect(await full.json()).toMatchObject({ cancel: { mode: 'abort' } });
    expect((await post(app, '/runs/r1/cancel', '')).status).toBe(202);
    expect(client.calls.filter(([name]) => name === 'cancel')).toEqual([
      ['cancel', 'r1', { reason: 'wrong', by: 'me', mode: 'abort' }],
      ['cancel', 'r1', {}],
    ]);
    client.put(failedRun());
    expect(await problemOf(await post(app, '/runs/r1/cancel', {}))).toMatchObject({
      status: 409,
      code: 'AlreadyFinished',
    });
  });
});

describe('what there is', () => {
  it('shows workers, definitions and health', async () => {
    const { app } = startApp();
    const read = async (path: string) => (await app.request(path)).json();
    expect(await read('/workers')).toMatchObject({ workers: [{ id: 'w1', succeeded: 5 }] });
    expect(await read('/definitions')).toEqual({
      definitions: [
        { name: 'echo', kind: 'task', hash: 'abc' },
        { name: 'order', kind: 'workflow', hash: 'o2', version: 2 },
        { name: 'order', kind: 'workflow', hash: 'o1', version: 1 },
      ],
    });
    expect(await read('/health')).toEqual({ status: 'ok' });
  });
});

describe('GET /definitions/{id}', () => {
  it.each(['order', orderHash])('shows the shape of %s', async (id) => {
    const response = await startApp().app.request(`/definitions/${id}`);
    const shown = { name: 'order', kind: 'workflow', hash: orderHash, shape: orderShape };
    expect([response.status, await response.json()]).toEqual([200, shown]);
  });

  it('is 404 for what is not there', async () => {
    const problem = await problemOf(await startApp().app.request('/definitions/nope'));
    expect(problem).toMatchObject({ status: 404, code: 'NotFound', field: 'definition' });
  });
});

describe('failures', () => {
  it('says 503 and when to come back while the store is away', async () => {
    const { app, client, log } = startApp();
    client.failure = { thrown: new HoldfastError('StoreUnreachable', 'The table does not answer') };
    const response = await app.request('/runs/r1');
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await problemOf(response)).toMatchObject({ status: 503, code: 'StoreUnreachable' });
    expect(log.map(({ level }) => level)).toEqual(['error']);
  });

  it.each([
    ['an error', new Error('secret at /some/path')],
    ['an error of the server side', new HoldfastError('MissingSetting', 'secret')],
    ['a string', 'secret'],
    ['nothing', undefined],
  ])('hides %s behind a 500 and logs it', async (_what, thrown) => {
    const { app, client, log } = startApp();
    client.failure = { thrown };
    const response = await app.request('/workers');
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ status: 500, code: 'InternalError' });
    expect(JSON.stringify(problem)).not.toMatch(/secret|stack/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(log).toMatchObject([{ level: 'error', fields: { error: thrown, path: '/workers' } }]);
  });
});

describe('methods and routes', () => {
  it.each([
    ['GET', '/nothing', 404, 'UnknownRoute'],
    ['POST', '/', 404, 'UnknownRoute'],
    ['GET', '/tasks', 405, 'MethodNotAllowed'],
    ['DELETE', '/tasks/r1', 405, 'MethodNotAllowed'],
    ['POST', '/definitions/order', 405, 'MethodNotAllowed'],
    ['OPTIONS', '/tasks', 405, 'MethodNotAllowed'],
    ['PUT', '/runs/r1/cancel', 405, 'MethodNotAllowed'],
    ['GET', '/runs/r1/pause', 405, 'MethodNotAllowed'],
    ['GET', '/runs/r1/signals/approved', 405, 'MethodNotAllowed'],
    ['POST', '/runs/r1/signals', 404, 'UnknownRoute'],
    ['POST', '/runs/r1/why', 405, 'MethodNotAllowed'],
    ['GET', '/batches', 405, 'MethodNotAllowed'],
    ['FOO', '/runs', 405, 'MethodNotAllowed'],
  ])('%s %s is %i', async (method, path, status, code) => {
    const { app, client } = startApp();
    const response = await app.request(path, { method });
    expect(await problemOf(response)).toMatchObject({ status, code });
    if (status === 405) expect(response.headers.get('allow')).toMatch(/GET|POST/);
    expect(client.calls).toEqual([]);
  });

  it('answers HEAD where it answers GET', async () => {
    const { app } = startApp();
    const there = await app.request('/health', { method: 'HEAD' });
    expect([there.status, await there.text()]).toEqual([200, '']);
    expect((await app.request('/nothing', { method: 'HEAD' })).status).toBe(404);
    expect((await app.request('/tasks', { method: 'HEAD' })).status).toBe(405);
  });

  it.each(['/health', '/nothing'])('guards its answers to GET %s with headers', async (path) => {
    const { headers } = await startApp().app.request(path);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});
