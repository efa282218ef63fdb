import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directClient } from '../../lib/client/direct-client.ts';
import { discover } from '../../lib/discovery/discover.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import type { Dispatch } from '../../lib/model/message.ts';
import { aheadBy, deafQueue, Workbench } from '../support/workbench.ts';
import * as tasks from './tasks.ts';

let runtime: LocalRuntime;

beforeAll(async () => {
  runtime = await startLocal({ tasks, port: 0, settings: { discoveryPeriod: '500ms', heartbeat: '200ms' } });
});
afterAll(() => runtime.close());

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${runtime.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const get = async (path: string) => (await fetch(`${runtime.url}${path}`)).json();

async function untilEnded(id: string): Promise<Record<string, unknown>> {
  for (;;) {
    const run = (await get(`/tasks/${id}`)) as Record<string, unknown>;
    if (run.endedAt) return run;
    await pause(20);
  }
}

describe('over HTTP', () => {
  it('a task is accepted, discovered, executed and shown with its result', async () => {
    const response = await post('/tasks', { task: 'echo', input: { greeting: 'hello' } });
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as { id: string };
    expect(response.headers.get('location')).toBe(`/tasks/${id}`);
    const run = await untilEnded(id);
    expect(run).toMatchObject({
      task: 'echo',
      status: 'succeeded',
      input: { greeting: 'hello' },
      output: { greeting: 'hello' },
      attempt: 1,
      workerId: expect.any(String),
      createdAt: expect.any(String),
      startedAt: expect.any(String),
      durationMs: expect.any(Number),
    });
    expect(await get(`/runs/${id}`)).toEqual(run);
  });

  it('an error is reported with its type, message and attempt', async () => {
    const response = await post('/tasks', {
      task: 'flaky',
      input: { times: 9, message: 'no luck' },
      maxAttempts: 2,
    });
    const { id } = (await response.json()) as { id: string };
    const run = await untilEnded(id);
    expect(run).toMatchObject({
      status: 'failed',
      attempt: 2,
      error: { type: 'RangeError', message: 'no luck', attempt: 2 },
    });
    expect(run).not.toHaveProperty('output');
  });

  it('a timeout is reported with its limit', async () => {
    const response = await post('/tasks', {
      task: 'slow',
      input: { ms: 60_000 },
      timeout: '100ms',
      maxAttempts: 1,
    });
    const run = await untilEnded(((await response.json()) as { id: string }).id);
    expect(run).toMatchObject({
      status: 'failed',
      error: { type: 'TimedOut', message: expect.stringContaining('100 ms') },
    });
  });

  it('the workers are shown with their statistics', async () => {
    const first = await post('/tasks', { task: 'echo', input: 1 });
    await untilEnded(((await first.json()) as { id: string }).id);
    await expect
      .poll(async () => (await get('/workers')) as unknown)
      .toMatchObject({
        workers: [{ status: 'healthy', pool: 'default', kind: 'process', succeeded: expect.any(Number) }],
      });
  });

  it('the same key and payload again is the same run, another payload is refused', async () => {
    const first = await post('/tasks', { task: 'echo', input: 1, idempotencyKey: 'once' });
    const again = await post('/tasks', { task: 'echo', input: 1 }, { 'idempotency-key': 'once' });
    const other = await post('/tasks', { task: 'echo', input: 2, idempotencyKey: 'once' });
    expect([first.status, again.status, other.status]).toEqual([202, 200, 409]);
    expect(((await first.json()) as { id: string }).id).toBe(((await again.json()) as { id: string }).id);
    expect(await other.json()).toMatchObject({ code: 'IdempotencyConflict' });
  });
});

describe('results', () => {
  it.each([
    ['null', null],
    ['zero', 0],
    ['empty', ''],
    ['false', false],
    ['undefined', undefined],
    ['nested', { a: [undefined, 1] }],
  ] as const)('%s survives', async (which, value) => {
    const run = await runtime.client.submit(tasks.constant, which);
    const finished = await runtime.client.wait(run, { timeout: '10s' });
    expect(finished).toHaveProperty('output');
    expect(await runtime.client.result(run)).toStrictEqual(value);
  });

  it('of 5 KB and of 300 KB survive, of more than 10 MB are refused by name', async () => {
    for (const length of [5_000, 300_000]) {
      const run = await runtime.client.submit(tasks.echo, 'é'.repeat(length / 2));
      expect(await runtime.client.result(run, { timeout: '10s' })).toBe('é'.repeat(length / 2));
    }
    const refused = runtime.client.submit(tasks.echo, 'x'.repeat(10_000_000));
    const refusal = { code: 'PayloadTooLarge', field: 'input' };
    await expect(refused.catch((error: unknown) => error)).resolves.toMatchObject(refusal);
  });

  it('are reused across runs where the task asks for it', async () => {
    const first = await runtime.client.submit(tasks.cached, { n: 1 });
    const output = await runtime.client.result(first, { timeout: '10s' });
    const second = await runtime.client.submit(tasks.cached, { n: 1 });
    expect(await runtime.client.wait(second, { timeout: '10s' })).toMatchObject({ cached: true, output });
    const other = await runtime.client.submit(tasks.cached, { n: 2 });
    expect(await runtime.client.result(other, { timeout: '10s' })).toMatchObject({ by: other.id });
  });
});

describe('retries', () => {
  it('of a task that fails twice lead to its result', async () => {
    const run = await runtime.client.submit(tasks.flaky, { times: 2, message: 'again' });
    expect(await runtime.client.wait(run, { timeout: '10s' })).toMatchObject({
      status: 'succeeded',
      output: 3,
      attempt: 3,
    });
  });
});

describe('bad input', () => {
  const tooDeep = `${'['.repeat(100)}${']'.repeat(100)}`;
  it.each([
    ['an unknown task', { task: 'nope', input: 1 }, 400, 'UnknownTask', 'task'],
    [
      'an invalid input',
      { task: 'flaky', input: { times: 'two', message: '' } },
      400,
      'InvalidInput',
      'input.times',
    ],
    ['malformed JSON', '{"task": "echo", ', 400, 'MalformedJson', undefined],
    [
      '__proto__',
      '{"task": "echo", "input": {"__proto__": {"admin": true}}}',
      400,
      undefined,
      'input.__proto__',
    ],
    ['an unknown field', { task: 'echo', input: 1, colour: 'red' }, 400, undefined, 'colour'],
    ['too deep a nesting', `{"task": "echo", "input": ${tooDeep}}`, 400, undefined, undefined],
    ['a bad duration', { task: 'echo', input: 1, delay: 'soon' }, 400, undefined, 'delay'],
    ['an unknown tag', { task: 'echo', input: 1, tags: ['gpu'] }, 400, 'UnknownTag', 'tags'],
    ['too large a body', { task: 'echo', input: 'x'.repeat(2_000_000) }, 413, undefined, undefined],
  ])('%s is a problem document, and nothing is stored', async (_what, body, status, code, field) => {
    const before = await countItems();
    const response = await post('/tasks', body);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const problem = (await response.json()) as Record<string, unknown>;
    expect(problem).toMatchObject({
      code: code ?? expect.any(String),
      title: expect.any(String),
      hint: expect.any(String),
    });
    if (field) expect(problem.field).toBe(field);
    expect(JSON.stringify(problem)).not.toMatch(/\bat .*\.ts:/);
    expect(await countItems()).toBe(before);
  });

  it("an unknown id is 404, and so is another tenant's", async () => {
    const missing = await fetch(`${runtime.url}/tasks/none`);
    expect([missing.status, await missing.json()]).toMatchObject([404, { code: 'NotFound' }]);
    const run = await runtime.client.submit(tasks.echo, 1, { tenant: 'acme' });
    expect((await fetch(`${runtime.url}/tasks/${run.id}`)).status).toBe(404);
  });

  /** Everything but heartbeats. */
  async function countItems(): Promise<number> {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, HOLDFAST_TABLE } = runtime.env;
    const client = new DynamoDBClient({
      endpoint: runtime.endpoints.dynamodb,
      region: AWS_REGION ?? '',
      credentials: { accessKeyId: AWS_ACCESS_KEY_ID ?? '', secretAccessKey: AWS_SECRET_ACCESS_KEY ?? '' },
    });
    const { Items } = await client.send(new ScanCommand({ TableName: HOLDFAST_TABLE }));
    client.destroy();
    return (Items ?? []).filter((item) => item.pk?.S !== 'WORKERS').length;
  }
});

describe('with every direct message dropped', () => {
  it('discovery alone finishes everything', async () => {
    const bench = new Workbench(runtime.env, tasks);
    const mute = directClient({ ...bench.clientPorts, queue: deafQueue });
    const sent = await Promise.all(Array.from({ length: 20 }, (_, n) => mute.submit(tasks.echo, n)));
    // A minute would pass before the first look; a discovery whose clock is ahead looks now.
    const clock = aheadBy(61_000, bench.composition.clock);
    const report = await discover({ ...bench.composition, clock });
    expect(report.sent).toBeGreaterThanOrEqual(20);
    for (const [n, run] of sent.entries()) {
      expect(await runtime.client.result(run, { timeout: '10s' })).toBe(n);
    }
  });

  it('a delayed task starts on its second, by the schedule', async () => {
    const bench = new Workbench(runtime.env, tasks);
    const mute = directClient({ ...bench.clientPorts, queue: deafQueue });
    const run = await mute.submit(tasks.echo, 'later', { delay: '16m' });
    const key = { tenant: '-' as never, run: run.id as never };
    const stored = await bench.composition.runs.get(key);
    expect(stored?.at).toBe(Date.parse(run.createdAt) + 16 * 60_000);
    const sent: Dispatch[] = [];
    const queue = {
      ...deafQueue,
      send: async (all: readonly Dispatch[]) => {
        sent.push(...all);
        return [];
      },
    };
    const clock = aheadBy(15.5 * 60_000, bench.composition.clock);
    const { settings } = new Workbench(runtime.env, tasks, { settings: { discoveryPeriod: '60s' } })
      .composition;
    await discover({ ...bench.composition, settings, queue, clock });
    expect(sent).toHaveLength(1);
    expect(sent[0]?.delayMs).toBeGreaterThan(25_000);
    expect(sent[0]?.delayMs).toBeLessThanOrEqual(30_000);
    await runtime.client.cancel(run);
  });
});
