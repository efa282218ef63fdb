import { describe, expect, it } from 'vitest';
import { activeRun, attemptView, failedRun, succeededRun } from './fake-client.ts';
import { post, problemOf, startApp } from './start-app.ts';

const request = { workflowId: 'w1', functionName: 'echo', parameters: { a: 1 } };
const code = { 'main.js': 'export const main = () => 1;' };

describe('POST /executions', () => {
  it('hands everything to the client, and gives back the run', async () => {
    const { app, client } = startApp();
    const whole = {
      ...request,
      filePath: 'tasks/echo.py',
      caller: 'ann',
      organization: 'acme',
      timeoutSeconds: 5,
    };
    const headers = {
      'idempotency-key': 'k',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'x-holdfast-tenant': 'acme',
    };
    const first = await post(app, '/executions', whole, headers);
    expect([first.status, first.headers.get('location')]).toEqual([
      202,
      '/executions/keyed?organization=acme',
    ]);
    expect(await first.json()).toMatchObject({
      executionId: 'keyed',
      id: 'keyed',
      status: 'ready',
      input: { a: 1 },
    });
    expect(client.calls[0]).toEqual([
      'execute',
      { ...whole, idempotencyKey: 'k', traceparent: headers.traceparent },
    ]);
    expect((await post(app, '/executions', whole, headers)).status).toBe(200);
    const plain = await post(app, '/executions', request, { 'x-holdfast-tenant': 'other' });
    expect(plain.headers.get('location')).toBe('/executions/r3');
    expect(client.calls.at(-2)).toEqual(['execute', { ...request, organization: 'other' }]);
  });

  it('takes a key in its body, too, but no two of them', async () => {
    const { app, client } = startApp();
    const keyed = { ...request, idempotencyKey: '日本 ä ' };
    expect((await post(app, '/executions', keyed)).status).toBe(202);
    expect(client.calls[0]).toEqual(['execute', keyed]);
    const problem = await problemOf(await post(app, '/executions', keyed, { 'idempotency-key': 'k' }));
    expect(problem).toMatchObject({ status: 400, field: 'idempotencyKey' });
    const long = await post(app, '/executions', { ...request, idempotencyKey: 'x'.repeat(257) });
    expect(await problemOf(long)).toMatchObject({ status: 400, field: 'idempotencyKey' });
  });

  it.each([null, 0, '', false, []])('takes the parameters %j', async (parameters) => {
    const { app, client } = startApp();
    expect((await post(app, '/executions', { ...request, parameters })).status).toBe(202);
    expect(client.submitted[0]?.input).toEqual(parameters);
  });

  it('is 403 for code where it is not switched on', async () => {
    const { app } = startApp();
    const problem = await problemOf(
      await post(app, '/executions', { ...request, functionName: 'main', code }),
    );
    expect(problem).toMatchObject({
      status: 403,
      code: 'StoredCodeDisabled',
      field: 'code',
      hint: expect.stringMatching(/HOLDFAST_STORED_CODE=on/),
    });
  });

  it.each([
    [{ workflowId: undefined }, 'workflowId'],
    [{ workflowId: '' }, 'workflowId'],
    [{ workflowId: 'x'.repeat(129) }, 'workflowId'],
    [{ workflowId: 7 }, 'workflowId'],
    [{ functionName: undefined }, 'functionName'],
    [{ functionName: 'x'.repeat(65) }, 'functionName'],
    [{ parameters: undefined }, 'parameters'],
    [{ caller: '' }, 'caller'],
    [{ caller: 'half \ud800' }, 'caller'],
    [{ organization: 'a b' }, 'organization'],
    [{ organization: '../x' }, 'organization'],
    [{ organization: 'x'.repeat(129) }, 'organization'],
    [{ timeoutSeconds: 0 }, 'timeoutSeconds'],
    [{ timeoutSeconds: -1 }, 'timeoutSeconds'],
    [{ timeoutSeconds: '5' }, 'timeoutSeconds'],
    [{ timeoutSeconds: 604_801 }, 'timeoutSeconds'],
    [{ filePath: '../x.js' }, 'filePath'],
    [{ filePath: 'a/../../x.js' }, 'filePath'],
    [{ filePath: '/etc/passwd' }, 'filePath'],
    [{ filePath: 'file:///etc/passwd' }, 'filePath'],
    [{ filePath: 'C:\\x.js' }, 'filePath'],
    [{ filePath: 'a\0.js' }, 'filePath'],
    [{ filePath: '%2e%2e/x.js' }, 'filePath'],
    [{ filePath: '..\\x.js' }, 'filePath'],
    [{ code: {} }, 'code'],
    [{ code: 'export' }, 'code'],
    [{ code: { '../x.js': '' } }, 'code.../x.js'],
    [{ code: { '/x.js': '' } }, 'code./x.js'],
    [{ code: { 'a%2fb.js': '' } }, 'code.a%2fb.js'],
    [{ code: { 'x.js': 7 } }, 'code.x.js'],
    [{ code: { 'x.js': 'x'.repeat(350_001) } }, 'code.x.js'],
    [{ task: 'echo' }, 'task'],
    [{ maxAttempts: 3 }, 'maxAttempts'],
  ])('is 400 for %j', async (over, field) => {
    const { app, client } = startApp();
    const body = JSON.stringify({ ...request, ...over });
    expect(await problemOf(await post(app, '/executions', body))).toMatchObject({
      status: 400,
      code: 'InvalidArgument',
      field,
    });
    expect(client.calls).toEqual([]);
  });

  it('is 400 where organization and header name different tenants', async () => {
    const { app } = startApp();
    const response = await post(
      app,
      '/executions',
      { ...request, organization: 'a' },
      { 'x-holdfast-tenant': 'b' },
    );
    expect(await problemOf(response)).toMatchObject({ status: 400, field: 'organization' });
  });

  it('refuses keys that reach a prototype, in code too', async () => {
    const { app } = startApp();
    const body = `{"workflowId":"w","functionName":"f","parameters":{},"code":{"__proto__":"x"}}`;
    expect(await problemOf(await post(app, '/executions', body))).toMatchObject({
      status: 400,
      field: 'code.__proto__',
    });
  });
});

describe('GET /executions/{id}', () => {
  const shape = [
    ...['executionId', 'success', 'status', 'result', 'error', 'errorType', 'durationMs', 'logs'],
    ...['variables', 'workerId'],
  ].sort();

  it.each([
    ['ready', activeRun(), 200, { success: null, status: 'ready', error: null, workerId: null }],
    [
      'between two attempts',
      activeRun({ attempt: 1, error: { type: 'E', message: 'm', attempt: 1 } }),
      200,
      { success: null, error: 'm', errorType: 'E' },
    ],
    [
      'succeeded',
      succeededRun({ b: 2 }),
      200,
      { success: true, result: { b: 2 }, durationMs: 12, workerId: 'w1' },
    ],
    ['succeeded with nothing', succeededRun(undefined), 200, { success: true, result: null }],
    [
      'failed',
      failedRun(),
      200,
      { success: false, result: null, error: 'no such thing', errorType: 'TypeError', status: 'failed' },
    ],
    [
      'cancelled',
      { ...failedRun(), status: 'cancelled' as const, error: undefined as never },
      200,
      { success: false, error: 'It was cancelled', errorType: 'Cancelled' },
    ],
    [
      'missing',
      undefined,
      404,
      { success: false, status: null, errorType: 'ContextNotFound', durationMs: 0 },
    ],
  ])('has one shape: %s', async (_state, run, status, expected) => {
    const { app, client } = startApp();
    if (run) client.put(run);
    const response = await app.request('/executions/r1');
    const body = (await response.json()) as object;
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/json']);
    expect(Object.keys(body).sort()).toEqual(shape);
    expect(body).toMatchObject({ executionId: 'r1', ...expected });
  });

  it('tells what its last attempt told', async () => {
    const { app, client } = startApp();
    client.put(failedRun());
    const body = await (await app.request('/executions/r1')).json();
    const logs = attemptView.logs.map(({ leftOut: _, ...line }) => line);
    expect(body).toMatchObject({ logs, variables: { page: 1 } });
  });

  it('is of a tenant, by header or as organization', async () => {
    const { app, client } = startApp();
    client.put(activeRun({ tenant: 'acme' }));
    expect((await app.request('/executions/r1?organization=acme')).status).toBe(200);
    expect((await app.request('/executions/r1', { headers: { 'x-holdfast-tenant': 'acme' } })).status).toBe(
      200,
    );
    expect((await app.request('/executions/r1?organization=other')).status).toBe(404);
    expect((await app.request('/executions/r1')).status).toBe(404);
  });

  it.each(['/executions/a%20b', '/executions/r1?organization=a%20b', '/executions/r1?tenant=a'])(
    'is 400 for %s',
    async (path) => {
      const { app, client } = startApp();
      expect(await problemOf(await app.request(path))).toMatchObject({ status: 400 });
      expect(client.calls).toEqual([]);
    },
  );
});
