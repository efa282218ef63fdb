import { describe, expect, it } from 'vitest';
import { runCostSchema } from '../../lib/api/cost-schemas.ts';
import { activeRun, attemptView, failedRun, runCost, succeededRun } from './fake-client.ts';
import { post, problemOf, startApp } from './start-app.ts';

const acme = { 'x-holdfast-tenant': 'acme' };

describe('POST /runs/{id}/pause and /resume', () => {
  it('hand everything to the client, with or without a body', async () => {
    const { app, client } = startApp();
    client.put(activeRun());
    const asked = { reason: 'too warm', by: 'me', mode: 'abort' };
    const paused = await post(app, '/runs/r1/pause', asked);
    expect(paused.status).toBe(202);
    expect(await paused.json()).toMatchObject({ status: 'paused', pause: { mode: 'abort' } });
    expect((await post(app, '/runs/r1/pause', '')).status).toBe(202);
    client.put(activeRun({ status: 'paused' }));
    const resumed = await post(app, '/runs/r1/resume', { reason: 'cool again', by: 'me' });
    expect([resumed.status, await resumed.json()]).toMatchObject([202, { resumed: {} }]);
    expect(client.calls.filter(([name]) => name !== 'get')).toEqual([
      ['pause', 'r1', asked],
      ['pause', 'r1', {}],
      ['resume', 'r1', { reason: 'cool again', by: 'me' }],
    ]);
  });

  it('say by 409 that the state refuses it', async () => {
    const { app, client } = startApp();
    client.put(activeRun());
    const notPaused = await problemOf(await post(app, '/runs/r1/resume', {}));
    expect(notPaused).toMatchObject({ status: 409, code: 'NotPaused', title: 'Not paused' });
    client.put(activeRun({ status: 'paused' }));
    const paused = await problemOf(await post(app, '/runs/r1/pause', {}));
    expect(paused).toMatchObject({
      status: 409,
      code: 'AlreadyPaused',
      hint: expect.stringMatching(/resume/),
    });
  });
});

describe('POST /runs/{id}/signals/{name}', () => {
  it.each([null, 0, '', false, { ok: [true] }])('carries the payload %j', async (payload) => {
    const { app, client } = startApp();
    client.put(activeRun());
    const response = await post(app, '/runs/r1/signals/approved', { id: 's-1', payload });
    expect([response.status, await response.json()]).toMatchObject([202, { id: 'r1' }]);
    expect(client.calls[0]).toEqual(['signal', 'r1', 'approved', payload, { id: 's-1' }]);
  });

  it('needs neither a payload nor a body', async () => {
    const { app, client } = startApp();
    client.put(activeRun());
    expect((await post(app, '/runs/r1/signals/approved', '')).status).toBe(202);
    expect(client.calls[0]).toEqual(['signal', 'r1', 'approved', undefined, {}]);
  });

  it.each(['denied', '__proto__', 'constructor', '..%2Fcancel', '%00', '%E0%A4%A', 'a%20b', 'x'.repeat(65)])(
    'is 400 for the name %s',
    async (name) => {
      const { app, client } = startApp();
      client.put(activeRun());
      const problem = await problemOf(await post(app, `/runs/r1/signals/${name}`, {}));
      expect(problem).toMatchObject({ status: 400, code: 'UnknownSignal', field: 'name' });
      expect(problem.detail).toSatisfy((detail: string) => detail.length < 200);
    },
  );
});

describe('POST /runs/{id}/retry', () => {
  it('is 202 with a location, 200 when it was asked for before', async () => {
    const { app, client } = startApp();
    client.put(failedRun());
    const first = await post(app, '/runs/r1/retry', { input: null });
    expect([first.status, first.headers.get('location')]).toEqual([202, '/runs/r1~2']);
    const shown = await first.json();
    expect(shown).toMatchObject({ id: 'r1~2', retryOf: 'r1' });
    expect(shown).not.toHaveProperty('created');
    const again = await post(app, '/runs/r1/retry', '');
    expect([again.status, again.headers.get('location')]).toEqual([200, '/runs/r1~2']);
    expect(client.calls.filter(([name]) => name === 'retry')).toEqual([
      ['retry', 'r1', { input: null }],
      ['retry', 'r1', {}],
    ]);
  });

  it('is 409 for a run that has not failed', async () => {
    const { app, client } = startApp();
    client.put(succeededRun(1));
    expect(await problemOf(await post(app, '/runs/r1/retry', {}))).toMatchObject({
      status: 409,
      code: 'NotFailed',
    });
  });
});

describe('GET /runs/{id}/why', () => {
  it('says what a run waits for, in its own tenant only', async () => {
    const { app, client } = startApp();
    client.put(activeRun({ status: 'waiting', tenant: 'acme' }));
    const response = await app.request('/runs/r1/why', { headers: acme });
    const why = { id: 'r1', status: 'waiting', cause: 'signal', signal: 'approved' };
    expect([response.status, await response.json()]).toEqual([200, { ...why, message: expect.any(String) }]);
    expect(await problemOf(await app.request('/runs/r1/why'))).toMatchObject({ status: 404 });
  });
});

describe('GET /runs/{id}/cost', () => {
  it('says what a run has cost, in its own tenant only', async () => {
    const { app, client } = startApp();
    client.put(succeededRun(1, { tenant: 'acme' }));
    const response = await app.request('/runs/r1/cost?region=eu-west-1', { headers: acme });
    expect([response.status, await response.json()]).toEqual([200, { ...runCost, region: 'eu-west-1' }]);
    expect(runCostSchema.safeParse(runCost).error).toBeUndefined();
    expect(await problemOf(await app.request('/runs/r1/cost'))).toMatchObject({ status: 404 });
  });

  it('refuses what it does not know', async () => {
    const { app } = startApp();
    for (const query of ['regions=x', `region=${'r'.repeat(65)}`, 'region='])
      expect(await problemOf(await app.request(`/runs/r1/cost?${query}`))).toMatchObject({
        status: 400,
        code: 'InvalidArgument',
        field: query.startsWith('regions') ? 'regions' : 'region',
      });
  });
});

describe('what is refused before the client is asked', () => {
  it.each<[string, unknown, string]>([
    ['pause', { mode: 'now' }, 'mode'],
    ['pause', { reason: 'r'.repeat(257) }, 'reason'],
    ['pause', { reason: 'r'.repeat(900_000) }, 'reason'],
    ['pause', { by: 7 }, 'by'],
    ['pause', '{"by":{"__proto__":{"admin":true}}}', 'by.__proto__'],
    ['resume', { mode: 'abort' }, 'mode'],
    ['resume', { reason: '' }, 'reason'],
    ['resume', [], 'body'],
    ['retry', { inptu: 1 }, 'inptu'],
    ['retry', { input: { constructor: 1 } }, 'input.constructor'],
    ['signals/approved', { id: '' }, 'id'],
    ['signals/approved', { id: 'a b' }, 'id'],
    ['signals/approved', { id: 'x'.repeat(129) }, 'id'],
    ['signals/approved', { value: 1 }, 'value'],
    ['signals/approved', '{"payload":[{"__proto__":1}]}', 'payload.0.__proto__'],
    ['signals/approved', 'null and void', 'body'],
  ])('POST /runs/r1/%s %j', async (what, body, field) => {
    const { app, client } = startApp();
    const problem = await problemOf(await post(app, `/runs/r1/${what}`, body));
    expect(problem).toMatchObject({ status: 400, field });
    expect(JSON.stringify(problem).length).toBeLessThan(1_000);
    expect(client.calls).toEqual([]);
  });

  it.each(['cancel', 'pause', 'resume', 'retry', 'signals/approved'])(
    'POST …/%s of what is no id, or without a content type',
    async (what) => {
      const { app, client } = startApp();
      const problem = await problemOf(await post(app, `/runs/a%23b/${what}`, {}));
      expect(problem).toMatchObject({ status: 400, field: 'id' });
      // Else a page of another origin could ask for it: a bare POST needs no permission.
      const bare = await problemOf(await app.request(`/runs/r1/${what}`, { method: 'POST' }));
      expect(bare).toMatchObject({ status: 415 });
      expect(client.calls).toEqual([]);
    },
  );

  it.each(['cancel', 'pause', 'resume', 'retry', 'signals/approved'])(
    'POST …/%s of a run in another tenant is 404',
    async (what) => {
      const { app, client } = startApp();
      client.put(failedRun({ tenant: 'acme' }));
      expect(await problemOf(await post(app, `/runs/r1/${what}`, {}))).toMatchObject({ status: 404 });
      expect(
        await problemOf(await post(app, `/runs/r1/${what}`, {}, { 'x-holdfast-tenant': '' })),
      ).toMatchObject({ status: 400, field: 'tenant' });
    },
  );
});

describe('GET /runs/{id}/attempts', () => {
  it('shows what attempts told, of one node and by pages too', async () => {
    const { app, client } = startApp();
    client.put(activeRun({ tenant: 'acme' }));
    const response = await app.request('/runs/r1/attempts?node=a%2Fb&limit=5&cursor=c', { headers: acme });
    expect([response.status, await response.json()]).toEqual([
      200,
      { attempts: [attemptView], cursor: 'next' },
    ]);
    const options = { node: 'a/b', limit: 5, cursor: 'c', tenant: 'acme' };
    expect(client.calls[0]).toEqual(['attempts', 'r1', options]);
    expect(await problemOf(await app.request('/runs/r1/attempts'))).toMatchObject({ status: 404 });
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=x', 'limit'],
    ['limit=0x10', 'limit'],
    ['limit=1e1', 'limit'],
    ['limit=%205', 'limit'],
    ['limit=5.0', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['node=', 'node'],
    [`node=${'x'.repeat(513)}`, 'node'],
    ['cursor=', 'cursor'],
    ['since=now', 'since'],
  ])('is 400 for ?%s', async (query, field) => {
    const { app, client } = startApp();
    client.put(activeRun());
    const problem = await problemOf(await app.request(`/runs/r1/attempts?${query}`));
    expect(problem).toMatchObject({ status: 400, code: 'InvalidArgument', field });
    expect(client.calls).toEqual([]);
  });
});
