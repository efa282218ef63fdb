import { defineTask, defineWorkflow, NonRetryableError } from 'holdfast';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createApp } from '../../lib/api/app.ts';
import { openApiDocument } from '../../lib/api/openapi.ts';
import { noTenant, tenantId } from '../../lib/model/ids.ts';
import { VirtualSystem } from '../support/virtual-system.ts';
import { problemOf } from './start-app.ts';

/*
 * The app where tokens say whose caller it is: what a gateway verified lies beside the request.
 */
const work = defineTask({
  name: 'work',
  input: z.object({ n: z.number() }),
  run: ({ n }) => {
    if (n < 0) throw new NonRetryableError('no such number');
    return n;
  },
});
const order = defineWorkflow('order', { input: z.object({ n: z.number() }) })
  .awaitSignal('approved')
  .build();

interface Asked {
  readonly tenant?: unknown;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly query?: string;
}

function start() {
  const system = new VirtualSystem({ work, order });
  const { client, clock, registry: tasks } = system;
  const { logger } = system.ports();
  const app = createApp({ client, tasks, logger, clock, tenantClaim: 'custom:tenant' });
  const ask = async (operation: string, asked: Asked = {}) => {
    const { body, headers, query = '', tenant } = { tenant: 'b', ...asked };
    const [method = '', path = ''] = operation.split(' ');
    const claims = tenant === undefined ? { sub: 'ann' } : { sub: 'ann', 'custom:tenant': tenant };
    return app.request(
      `${path}${query}`,
      {
        method,
        headers: { ...(method === 'POST' && { 'content-type': 'application/json' }), ...headers },
        ...(method === 'POST' && { body: JSON.stringify(body ?? {}) }),
      },
      {
        requestContext: { authorizer: { jwt: { claims } } },
        lambdaContext: { getRemainingTimeInMillis: () => 4_000 },
      },
    );
  };
  const json = async (operation: string, asked: Asked = {}) =>
    (await (await ask(operation, asked)).json()) as Record<string, unknown>;
  return { system, app, ask, json };
}

type Started = ReturnType<typeof start>;

/** Runs of the tenant `a`, one in each state that routes tell apart. */
async function runsOfA({ json, system }: Started) {
  const submit = async (path: string, body: object) =>
    String((await json(`POST ${path}`, { tenant: 'a', body })).id);
  const succeeded = await submit('/tasks', { task: 'work', input: { n: 1 }, idempotencyKey: 'k' });
  const failed = await submit('/tasks', { task: 'work', input: { n: -1 } });
  const waiting = await submit('/runs', { workflow: 'order', input: { n: 1 } });
  await system.drive();
  const paused = await submit('/tasks', { task: 'work', input: { n: 2 } });
  await json(`POST /runs/${paused}/pause`, { tenant: 'a' });
  const ids = [succeeded, failed, waiting, paused];
  const shown = await Promise.all(ids.map((id) => json(`GET /runs/${id}`, { tenant: 'a' })));
  expect(shown.map(({ status }) => status)).toEqual(['succeeded', 'failed', 'waiting', 'paused']);
  return ids;
}

const operations = Object.entries(
  (openApiDocument() as { paths: Record<string, Record<string, { operationId: string }>> }).paths,
).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { operationId }]) => ({
    operationId,
    operation: `${method.toUpperCase()} ${path.replace('{name}', 'approved')}`,
  })),
);

/** Of routes that name runs in their bodies: such a body. */
const naming: Readonly<Record<string, (id: string) => unknown>> = {
  submitTask: (id) => ({ task: 'work', input: { n: 1 }, dependsOn: [id] }),
  submitRun: (id) => ({ workflow: 'order', input: { n: 1 }, dependsOn: [id] }),
  submitBatch: (id) => [
    { ref: 'x', task: 'work', input: { n: 1 } },
    { ref: 'y', task: 'work', input: { n: 1 }, dependsOn: ['x', id] },
  ],
};
/** Routes that name no run: what they answer the tenant `b`, who has none. */
const naminglessAnswers: Readonly<Record<string, unknown>> = {
  listRuns: { runs: [] },
  countRuns: { active: 0, paused: 0, succeeded: 0, failed: 0 },
  retryRuns: { runs: [] },
  cancelRuns: { runs: [] },
  pauseRuns: { runs: [] },
  resumeRuns: { runs: [] },
  listWorkers: { workers: [] },
  listQueues: { queues: expect.anything() },
  listDefinitions: { definitions: expect.anything() },
  getHealth: { status: 'ok' },
  getOpenApi: { openapi: '3.1.0' },
};

describe('a run of another tenant', () => {
  const byId = operations.filter(({ operation }) => /^\w+ \/(runs|tasks|executions)\/\{id\}/.test(operation));

  it.each(byId)('is for $operation as if it were not there', async ({ operation }) => {
    const started = start();
    const ids = await runsOfA(started);
    for (const id of ids) {
      const foreign = await started.ask(operation.replace('{id}', id));
      const unknown = await started.ask(operation.replace('{id}', 'unknown'));
      expect([foreign.status, unknown.status]).toEqual([404, 404]);
      expect(await foreign.text()).toBe((await unknown.text()).replaceAll('unknown', id));
    }
  });

  it.each(operations.filter(({ operationId }) => operationId in naming))(
    'is nothing that $operation can depend on',
    async ({ operation, operationId }) => {
      const started = start();
      const ids = await runsOfA(started);
      for (const id of ids) {
        const foreign = await problemOf(await started.ask(operation, { body: naming[operationId]?.(id) }));
        const body = naming[operationId]?.('unknown');
        const unknown = await problemOf(await started.ask(operation, { body }));
        expect(foreign).toMatchObject({ status: 400, code: 'DependencyMissing' });
        expect(JSON.stringify(foreign)).toBe(JSON.stringify(unknown).replaceAll('unknown', id));
      }
      expect(await started.json('GET /runs')).toEqual({ runs: [] });
    },
  );

  it.each(operations.filter(({ operationId }) => operationId in naminglessAnswers))(
    'is not in what $operation answers, nor touched by it',
    async ({ operation, operationId }) => {
      const started = start();
      const ids = await runsOfA(started);
      const shown = () => Promise.all(ids.map((id) => started.json(`GET /runs/${id}`, { tenant: 'a' })));
      const before = await shown();
      const response = await started.ask(operation);
      const text = await response.text();
      expect(response.status).toBeLessThan(300);
      expect(JSON.parse(text)).toMatchObject(naminglessAnswers[operationId] as object);
      for (const id of ids) expect(text).not.toContain(`"${id}"`);
      expect(await shown()).toEqual(before);
    },
  );

  it('has no event in the stream of another', async () => {
    const started = start();
    const { ask, system } = started;
    const stream = async (tenant: string) => (await ask('GET /events', { tenant })).text();
    const streams = Promise.all([stream('a'), stream('b')]);
    const [succeeded = ''] = await runsOfA(started);
    await system.clock.advance(4_000);
    const [own, foreign] = await streams;
    expect(own).toContain(`"id":"${succeeded}"`);
    expect(foreign).toBe('retry: 1000\n\n');
  });

  it('shares no idempotency key with this one', async () => {
    const started = start();
    const [id] = await runsOfA(started);
    const body = { task: 'work', input: { n: 5 }, idempotencyKey: 'k' };
    const own = await started.ask('POST /tasks', { body });
    expect([own.status, await own.json()]).toEqual([
      202,
      expect.objectContaining({ tenant: 'b', id: expect.not.stringMatching(`^${id}$`) }),
    ]);
  });

  it('is not read by the cursor of its own tenant', async () => {
    const started = start();
    await runsOfA(started);
    const query = '?status=paused&limit=1';
    await started.json(`POST /pauses`, { tenant: 'a' });
    const { cursor } = await started.json('GET /runs', { tenant: 'a', query });
    expect(cursor).toEqual(expect.any(String));
    const page = await started.json('GET /runs', { query: `${query}&cursor=${cursor}` });
    expect(page.runs).toEqual([]);
  });

  it('is looked for by every operation of the document', () => {
    const seen = new Set([...Object.keys(naming), ...Object.keys(naminglessAnswers), 'watchRuns', 'execute']);
    for (const { operationId } of byId) seen.add(operationId);
    // What a definition is, is the same for all tenants.
    seen.add('getDefinition');
    // Refused to every tenant, below.
    seen.add('redriveQueue');
    expect(operations.map(({ operationId }) => operationId).filter((id) => !seen.has(id))).toEqual([]);
  });
});

describe('the tenant', () => {
  const execution = { workflowId: 'w', functionName: 'work', parameters: { n: 1 } };

  it('is what the token says', async () => {
    const { app, ask, system } = start();
    const submitted = (await (
      await ask('POST /tasks', { body: { task: 'work', input: { n: 1 } } })
    ).json()) as { id: string };
    expect(submitted).toMatchObject({ tenant: 'b' });
    const executed = (await (await ask('POST /executions', { body: execution })).json()) as { id: string };
    expect(executed).toMatchObject({ tenant: 'b' });
    const named = { headers: { 'x-holdfast-tenant': 'b' } };
    expect((await ask(`GET /runs/${submitted.id}`, named)).status).toBe(200);
    expect((await ask(`GET /executions/${executed.id}`, { query: '?organization=b' })).status).toBe(200);
    expect(await system.client.get(submitted.id, { tenant: 'b' })).toMatchObject({ tenant: 'b' });
    // The claim is the gateway's to give: none of these are.
    const forged = { 'custom-tenant': 'b', 'x-holdfast-tenant': 'b', authorization: 'Bearer e30.e30.' };
    expect((await app.request(`/runs/${submitted.id}`, { headers: forged })).status).toBe(403);
  });

  it('redrives no queue, for they are everybody’s', async () => {
    const { ask } = start();
    const problem = await problemOf(await ask('POST /queues/default/redrive'));
    expect(problem).toMatchObject({ status: 403, code: 'TenantNotAllowed' });
  });

  it.each(operations)('is named otherwise by no header of $operation', async ({ operation }) => {
    const { ask, system } = start();
    const headers = { 'x-holdfast-tenant': 'a' };
    const problem = await problemOf(await ask(operation.replace('{id}', 'x'), { headers }));
    expect(problem).toMatchObject({ status: 403, code: 'TenantNotAllowed', field: 'x-holdfast-tenant' });
    const none = { 'x-holdfast-tenant': noTenant };
    expect((await ask(operation.replace('{id}', 'x'), { headers: none })).status).toBe(403);
    for (const tenant of ['a', 'b', noTenant])
      expect(await system.client.list({ tenant: tenantId(tenant) })).toEqual({ runs: [] });
  });

  it('is named otherwise by no organization', async () => {
    const { ask } = start();
    const posted = await ask('POST /executions', { body: { ...execution, organization: 'a' } });
    const looked = await ask('GET /executions/x', { query: '?organization=a' });
    for (const response of [posted, looked]) {
      const problem = await problemOf(response);
      expect(problem).toMatchObject({ status: 403, code: 'TenantNotAllowed', field: 'organization' });
    }
  });

  it.each([undefined, '', noTenant, 'a b', '[a b]', 'a#RUN', 'x'.repeat(129), 5, ['b'], { b: 1 }, null])(
    'is nobody’s by the claim %j',
    async (tenant) => {
      const { ask } = start();
      for (const { operation } of operations) {
        const response = await ask(operation.replace('{id}', 'x'), { tenant });
        expect(await problemOf(response)).toMatchObject({ status: 403, code: 'TenantMissing' });
      }
    },
  );

  it('is no inherited property', async () => {
    const { client, registry: tasks, ...system } = new VirtualSystem({ work });
    const app = createApp({ client, tasks, logger: console as never, tenantClaim: 'constructor' });
    const env = { requestContext: { authorizer: { jwt: { claims: {} } } } };
    expect((await app.request('/runs', {}, env)).status).toBe(403);
    expect(system.log).toEqual([]);
  });
});
