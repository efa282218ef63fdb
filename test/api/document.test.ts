import type { Hono } from 'hono';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { activeRun, failedRun, orderHash, succeededRun } from './fake-client.ts';
import { startApp } from './start-app.ts';

/* The OpenAPI document against what OpenAPI 3.1 asks for, and against what the API answers. */

const schemaObject = z.record(z.string(), z.unknown());
const content = z.record(z.string(), z.strictObject({ schema: schemaObject }));
const parameter = z.strictObject({
  name: z.string().min(1),
  in: z.enum(['query', 'header', 'path']),
  description: z.string().min(1).optional(),
  required: z.boolean().optional(),
  schema: schemaObject,
});
const operationSchema = z.strictObject({
  operationId: z.string().regex(/^[a-z][A-Za-z]+$/),
  summary: z.string().min(1),
  parameters: z.array(parameter).optional(),
  requestBody: z.strictObject({ required: z.boolean(), content }).optional(),
  responses: z.record(
    z.string().regex(/^(?:[1-5]\d\d|default)$/),
    z.strictObject({
      description: z.string().min(1),
      headers: z
        .record(z.string(), z.strictObject({ description: z.string(), schema: schemaObject }))
        .optional(),
      content: content.optional(),
    }),
  ),
});
const documentSchema = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({ title: z.string(), version: z.string(), description: z.string() }),
  paths: z.record(z.string().startsWith('/'), z.partialRecord(z.enum(['get', 'post']), operationSchema)),
  components: z.strictObject({ schemas: z.record(z.string().regex(/^[A-Z][A-Za-z]+$/), schemaObject) }),
});
type Document = z.infer<typeof documentSchema>;

let document: Document;
beforeAll(async () => {
  document = documentSchema.parse(await (await startApp().app.request('/openapi.json')).json());
});

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

/** A schema of the document as one that checks. */
function checker(schema: Record<string, unknown>): z.ZodType {
  const text = JSON.stringify({ ...schema, $defs: document.components.schemas });
  return z.fromJSONSchema(JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')));
}

describe('the OpenAPI document', () => {
  it('has an id of its own for each operation, and each part of a path as a parameter', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operation, path } of operations()) {
      const inPath = (operation.parameters ?? []).filter((each) => each.in === 'path');
      const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(inPath.map(({ name }) => name).sort()).toEqual(parts.sort());
      expect(inPath.every(({ required }) => required)).toBe(true);
      const names = (operation.parameters ?? []).map((each) => `${each.in} ${each.name}`);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('has schemas that can be checked by', () => {
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      expect(checker(schema).safeParse(Symbol(name)).success).toBe(false);
    }
  });
});

type Ask = (app: Hono) => Response | Promise<Response>;
const json = { 'content-type': 'application/json' };
const get =
  (path: string, headers = {}): Ask =>
  (app) =>
    app.request(path, { headers });
const post =
  (path: string, body: unknown): Ask =>
  (app) =>
    app.request(path, { method: 'POST', headers: json, body: JSON.stringify(body) });

/** What is asked, and what the answer is to be. */
const asked: readonly (readonly [operation: string, ask: Ask, status: number])[] = [
  ['submitTask', post('/tasks', { task: 'echo', input: 1 }), 202],
  ['submitTask', post('/tasks', { task: 'echo', input: 1, idempotencyKey: 'known' }), 200],
  ['submitTask', post('/tasks', { task: 'nothing' }), 400],
  ['submitTask', (app) => app.request('/tasks', { method: 'POST', body: 'x' }), 415],
  ['getTask', get('/tasks/active'), 200],
  ['getTask', get('/tasks/active', { 'if-none-match': '*' }), 304],
  ['submitRun', post('/runs', { workflow: 'order', input: 1 }), 202],
  ['listRuns', get('/runs'), 200],
  ['listRuns', get('/runs?limit=0'), 400],
  ['countRuns', get('/counts?since=2030-01-31'), 200],
  ['countRuns', get('/counts?since=yesterday'), 400],
  ['getRun', get('/runs/succeeded'), 200],
  ['getRun', get('/runs/nothing'), 404],
  ['listAttempts', get('/runs/active/attempts'), 200],
  ['costOfRun', get('/runs/active/cost'), 200],
  ['costOfRun', get('/runs/succeeded/cost?region=eu-west-1'), 200],
  ['costOfRun', get('/runs/succeeded/cost?region='), 400],
  ['whyRun', get('/runs/active/why'), 200],
  ['watchRun', get('/runs/succeeded/events'), 200],
  ['watchRuns', get('/events'), 200],
  ['cancelRun', post('/runs/active/cancel', {}), 202],
  ['cancelRun', post('/runs/succeeded/cancel', {}), 409],
  ['pauseRun', post('/runs/active/pause', {}), 202],
  ['resumeRun', post('/runs/paused/resume', {}), 202],
  ['signalRun', post('/runs/active/signals/approved', {}), 202],
  ['retryRun', post('/runs/failed/retry', {}), 202],
  ['submitBatch', post('/batches', [{ ref: 'a', task: 'echo', input: 1 }]), 202],
  ['retryRuns', post('/retries', {}), 202],
  ['retryRuns', post('/retries', { dryRun: true }), 200],
  ['cancelRuns', post('/cancellations', {}), 202],
  ['pauseRuns', post('/pauses', { dryRun: true }), 200],
  ['resumeRuns', post('/resumptions', {}), 202],
  ['execute', post('/executions', { workflowId: 'w', functionName: 'echo', parameters: 1 }), 202],
  [
    'execute',
    post('/executions', { workflowId: 'w', functionName: 'echo', parameters: 1, code: { 'a.js': '' } }),
    403,
  ],
  ['getExecution', get('/executions/failed'), 200],
  ['getExecution', get('/executions/nothing'), 404],
  ['listWorkers', get('/workers'), 200],
  ['listQueues', get('/queues'), 200],
  ['redriveQueue', post('/queues/default/redrive', {}), 202],
  ['redriveQueue', post('/queues/nothing/redrive', {}), 404],
  ['listDefinitions', get('/definitions'), 200],
  ['getDefinition', get(`/definitions/${orderHash}`), 200],
  ['getHealth', get('/health'), 200],
  ['getOpenApi', get('/openapi.json'), 200],
];

describe('answers', () => {
  it('are asked for of every operation', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect([...new Set(asked.map(([id]) => id))].sort()).toEqual(ids.sort());
  });

  it.each(asked)('of %s are as the document says: %s', async (id, ask, status) => {
    const { app, client } = startApp();
    client.put(activeRun({ id: 'active' }));
    client.put(activeRun({ id: 'paused', status: 'paused' }));
    client.put(activeRun({ id: 'keyed', input: 1 }));
    client.put(succeededRun({ some: ['output'] }, { id: 'succeeded' }));
    client.put(failedRun({ id: 'failed' }));
    const response = await ask(app);
    expect(response.status).toBe(status);
    const found = operations().find(({ operation }) => operation.operationId === id);
    const responses = found?.operation.responses ?? {};
    const described = responses[status] ?? responses.default;
    const [type, media] = Object.entries(described?.content ?? {})[0] ?? [];
    if (!type || !media || type === 'text/event-stream') {
      if (type) expect(response.headers.get('content-type')).toBe(type);
      await response.body?.cancel();
      return;
    }
    expect(response.headers.get('content-type')?.split(';')[0]).toBe(type);
    const checked = checker(media.schema).safeParse(await response.json());
    expect(checked.error).toBeUndefined();
  });

  it('would be seen to differ', () => {
    const run = checker({ $ref: '#/components/schemas/Run' });
    expect(run.safeParse(activeRun()).success).toBe(true);
    expect(run.safeParse({ ...activeRun(), status: 'lost' }).success).toBe(false);
    expect(run.safeParse({ ...activeRun(), attempt: 'first' }).success).toBe(false);
    const { id: _id, ...nameless } = activeRun();
    expect(run.safeParse(nameless).success).toBe(false);
  });
});
