import { fileURLToPath } from 'node:url';
import { context, trace } from '@opentelemetry/api';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { type ApiServer, serveApi } from '../../lib/local/api-server.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const callersSpan = 'b7ad6b7169203331';

/** OTLP's JSON, as far as it is looked at: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
const spanSchema = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  attributes: z
    .array(
      z.object({
        key: z.string(),
        value: z.object({ stringValue: z.string().optional(), intValue: z.coerce.number().optional() }),
      }),
    )
    .transform((all) =>
      Object.fromEntries(all.map(({ key, value }) => [key, value.stringValue ?? value.intValue])),
    ),
});
const scopeSchema = z.object({ spans: z.array(spanSchema) });
const exportSchema = z.object({ resourceSpans: z.array(z.object({ scopeSpans: z.array(scopeSchema) })) });

const spans: z.infer<typeof spanSchema>[] = [];
/** As they came, with all that is not looked at. */
const bodies: string[] = [];
let endpoint: ApiServer;
let runtime: LocalRuntime;

// Processes start in here, on a machine that other suites keep busy.
vi.setConfig({ testTimeout: 120_000 });

/** Takes spans as a collector does, and is where the branches of the workflow meet. */
function endpointApp(): Hono {
  const bothThere = Promise.withResolvers<void>();
  let arrived = 0;
  return new Hono()
    .post('/v1/traces', async (c) => {
      const body = await c.req.text();
      bodies.push(body);
      const { resourceSpans } = exportSchema.parse(JSON.parse(body));
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      return c.json({});
    })
    .post('/meet', async (c) => {
      if (++arrived === 2) bothThere.resolve();
      await bothThere.promise;
      return c.body(null, 204);
    })
    .post('/hang', () => new Promise<Response>(() => {}));
}

beforeAll(async () => {
  endpoint = await serveApi(endpointApp(), 0);
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint.url);
  const tasks = fileURLToPath(new URL('./traces-tasks.ts', import.meta.url));
  runtime = await startLocal({
    tasks,
    port: 0,
    workers: 2,
    settings: { discoveryPeriod: '500ms' },
  });
});
afterAll(async () => {
  await runtime.close();
  await endpoint.close(AbortSignal.timeout(1_000));
  vi.unstubAllEnvs();
  trace.disable();
  context.disable();
});

it('one trace over HTTP, submission and two worker processes reaches an OTLP endpoint', async () => {
  const answer = await fetch(`${runtime.url}/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-${callersSpan}-01` },
    body: JSON.stringify({ workflow: 'meeting', input: `${endpoint.url}/meet` }),
  });
  const { id } = z.object({ id: z.string() }).parse(await answer.json());
  expect(await runtime.client.result(id, { timeout: '40s' })).toBe(true);
  // The last span is sent just after the result was written.
  await expect
    .poll(() => spans.map(({ name }) => name).sort(), { timeout: 10_000 })
    .toEqual(
      [
        'submit meeting',
        'query',
        // The other branch came by the queue; what is gone on with inline is neither waited for nor claimed.
        ...['begin', 'meet'].flatMap((task) => [`wait ${task}`, `claim ${task}`]),
        ...['begin', 'both', 'finish', 'meet', 'meet'].flatMap((task) => [
          `process ${task}`,
          `handle ${task}`,
          `commit ${task}`,
        ]),
      ].sort(),
    );

  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
  const [submission, query] = ['submit meeting', 'query'].map((name) =>
    spans.find((span) => span.name === name),
  );
  expect(submission?.parentSpanId).toBe(callersSpan);
  expect(submission?.attributes['process.pid']).toBe(process.pid);
  const attempts = new Map(
    spans
      .filter(({ name }) => name.startsWith('process '))
      .map((span) => [span.attributes['holdfast.node'], span]),
  );
  expect([...attempts.keys()].sort()).toEqual([
    'begin',
    'both',
    'both/here/meet',
    'both/there/meet',
    'finish',
  ]);
  for (const attempt of attempts.values()) {
    expect(attempt.parentSpanId).toBe(submission?.spanId);
    expect(attempt.attributes).toMatchObject({ 'holdfast.run': id, 'holdfast.settled': 'succeeded' });
  }
  // Claim, handler and commit lie in their attempt, the waiting beside it.
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const parentOf = ({ parentSpanId = '' }: (typeof spans)[number]) => byId.get(parentSpanId)?.name;
  for (const span of spans) {
    const [part, task] = span.name.split(' ');
    if (part === 'wait') expect(span.parentSpanId).toBe(submission?.spanId);
    if (part === 'claim' || part === 'handle' || part === 'commit')
      expect(parentOf(span)).toBe(`process ${task}`);
  }
  expect(query && parentOf(query)).toBe('handle finish');

  // The first branch went on inline where the step before had run, the other one on another executor; the join and
  // what comes after it went on inline with whichever branch ended last.
  const pid = (node: string) => attempts.get(node)?.attributes['process.pid'];
  const { executors } = runtime.processes();
  expect(new Set([pid('both/here/meet'), pid('both/there/meet')])).toEqual(new Set(executors));
  expect(pid('begin')).toBe(pid('both/here/meet'));
  expect(executors).toContain(pid('both'));
  expect(pid('finish')).toBe(pid('both'));
});

it('a killed worker leaves no span of its attempt; what follows it is in the same trace', async () => {
  spans.length = 0;
  const run = await runtime.client.submitByName('mortal', `${endpoint.url}/hang`);
  await expect
    .poll(async () => (await runtime.client.get(run)).status, { interval: 20, timeout: 60_000 })
    .toBe('running');
  const killed = Number((await runtime.client.get(run)).workerId?.split('-').at(-1));
  expect(runtime.processes().executors).toContain(killed);
  process.kill(killed, 'SIGKILL');
  expect(await runtime.client.result(run, { timeout: '60s' })).toBe(3);
  const each = ['wait', 'claim', 'handle', 'commit', 'process'].map((part) => `${part} mortal`);
  await expect
    .poll(() => spans.map(({ name }) => name).sort(), { timeout: 10_000 })
    .toEqual([...each, ...each, 'submit mortal'].sort());
  expect(new Set(spans.map((span) => span.traceId)).size).toBe(1);
  const submission = spans.find(({ name }) => name === 'submit mortal');
  const attempts = spans.filter(({ name }) => name === 'process mortal');
  expect(attempts.map(({ attributes }) => attributes)).toMatchObject([
    { 'holdfast.attempt': 2, 'holdfast.settled': 'retrying', 'error.type': 'RangeError' },
    { 'holdfast.attempt': 3, 'holdfast.settled': 'succeeded' },
  ]);
  for (const attempt of attempts) {
    expect(attempt.parentSpanId).toBe(submission?.spanId);
    expect(attempt.attributes['process.pid']).not.toBe(killed);
  }
  // Where the error was thrown is no reason to tell what about.
  expect(bodies.join()).not.toContain('/hang');
});
