import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { currentContext } from 'holdfast';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createHttpClient } from '../../lib/client/http-client.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import * as workflows from './workflows.ts';

let runtime: LocalRuntime;
let directory: string;

vi.setConfig({ testTimeout: 60_000 });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-meeting-'));
  runtime = await startLocal({
    tasks: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
    port: 0,
    workers: 3,
    settings: { discoveryPeriod: '500ms' },
  });
});
afterAll(async () => {
  await runtime.close();
  await rm(directory, { recursive: true });
});

const resultOf = async <Output>(run: Promise<{ readonly id: string }>): Promise<Output> =>
  (await runtime.client.result((await run).id, { timeout: '40s' })) as Output;

describe('workflows in executors of their own processes', () => {
  it('branches of a fork run side by side, on different executors', async () => {
    const input = { directory, all: ['a', 'b', 'c'] };
    const workers = await resultOf<string[]>(runtime.client.submit(workflows.meeting, input));
    expect(workers).toHaveLength(3);
    expect(new Set(workers).size).toBeGreaterThan(1);
  });

  it('a loop, a delay and a branch, submitted and shown over HTTP', async () => {
    const http = createHttpClient({ url: runtime.url });
    const input = { low: 0, high: 1_000, wanted: 337 };
    const submitted = await http.submit(workflows.search, input, { idempotencyKey: 'search-1' });
    expect(await http.submit(workflows.search, input, { idempotencyKey: 'search-1' })).toMatchObject({
      id: submitted.id,
      created: false,
    });
    const run = await http.wait(submitted, { timeout: '40s' });
    expect(run).toMatchObject({ kind: 'workflow', status: 'succeeded', output: 'result 676' });
    const nodes = new Map(run.nodes?.map((node) => [node.id, node]));
    expect(nodes.get('bisect')).toMatchObject({ status: 'succeeded', iteration: bisections(input) });
    expect(nodes.get('parity')).toMatchObject({ decision: 'odd' });
    expect(nodes.get('parity/odd/double')).toMatchObject({ output: 676, attempt: 1 });
    expect([...nodes.keys()]).not.toContain('parity/even/half');
    const rest = nodes.get('rest');
    expect(Date.parse(rest?.endedAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(nodes.get('bisect')?.endedAt ?? '') + 1_000,
    );
  });

  it.each<[string, object, number, string, string]>([
    [
      'an input that does not fit',
      { workflow: 'search', input: { low: 0 } },
      400,
      'InvalidInput',
      'input.high',
    ],
    ['no input', { workflow: 'search' }, 400, 'InvalidInput', 'input'],
    ['an unknown workflow', { workflow: 'nope', input: 1 }, 400, 'UnknownTask', 'workflow'],
    ['a timeout', { workflow: 'self', input: 1, timeout: 5 }, 400, 'InvalidArgument', 'timeout'],
    ['attempts', { workflow: 'self', input: 1, maxAttempts: 5 }, 400, 'InvalidArgument', 'maxAttempts'],
    ['an unknown tag', { workflow: 'self', input: 1, tags: ['gpu'] }, 400, 'UnknownTag', 'tags'],
    [
      'another input under the same key',
      { workflow: 'self', input: 2, idempotencyKey: 'once' },
      409,
      'IdempotencyConflict',
      'idempotencyKey',
    ],
  ])('POST /runs refuses %s and stores nothing', async (_what, body, status, code, field) => {
    await runtime.client.submit(workflows.self, 1, { idempotencyKey: 'once' });
    const before = await runtime.client.list({ limit: 100 });
    const response = await fetch(`${runtime.url}/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(await response.json()).toMatchObject({ status, code, field });
    expect(response.status).toBe(status);
    expect((await runtime.client.list({ limit: 100 })).runs).toHaveLength(before.runs.length);
  });

  it('a handler knows where it stands, anywhere below it', async () => {
    expect(currentContext()).toBeUndefined();
    const submitted = await runtime.client.submit(workflows.self, 1, { tenant: 'acme' });
    const run = await runtime.client.wait(submitted, { timeout: '40s' });
    const first = run.nodes?.find(({ id }) => id === 'first')?.output as Record<string, unknown>;
    const common = {
      runId: run.id,
      tenant: 'acme',
      workflow: 'self',
      task: 'introspect',
      attempt: 1,
      logs: 'function',
    };
    expect(first).toMatchObject({
      ...common,
      taskId: 'first',
      metadata: { team: 'blue', level: 3 },
      idempotencyKey: `acme/${run.id}/first`,
      remainsUnder: true,
      aborted: false,
    });
    expect(first.iteration).toBeUndefined();
    expect(run).toMatchObject({
      output: {
        ...common,
        taskId: 'rounds/inner',
        metadata: {},
        iteration: 2,
        idempotencyKey: `acme/${run.id}/rounds#2/inner`,
        remainsUnder: false,
      },
    });
  });

  it("a step's own retry and timeout count", async () => {
    expect(await resultOf(runtime.client.submit(workflows.patient, { failures: 3 }))).toBe(4);
    const failed = await runtime.client.wait(await runtime.client.submit(workflows.patient, { failures: 9 }));
    expect(failed).toMatchObject({
      status: 'failed',
      attempt: 4,
      error: { type: 'RangeError', message: 'attempt 4', attempt: 4 },
    });
    const late = await runtime.client.wait(await runtime.client.submit(workflows.hurried, 0));
    expect(late).toMatchObject({ status: 'failed', error: { code: 'TimedOut', attempt: 2 } });
    expect(late.nodes?.map(({ id, status }) => [id, status])).toEqual([
      ['before', 'succeeded'],
      ['hang', 'failed'],
    ]);
  });

  it('a step outlasts its own lease, which is renewed', async () => {
    const log = join(directory, 'renewed.log');
    expect(await resultOf(runtime.client.submit(workflows.journal, { ms: 3_000, log }))).toBe(1);
    expect((await readFile(log, 'utf8')).match(/^long/gm)).toHaveLength(1);
  });

  it('a killed executor is taken over at the step it was in: what was done is skipped', async () => {
    const log = join(directory, 'killed.log');
    const run = await runtime.client.submit(workflows.journal, { ms: 1_500, log });
    const written = () => readFile(log, 'utf8').catch(() => '');
    // Not its lease tells that its handler has begun, but what that writes.
    await expect.poll(written, { interval: 20, timeout: 20_000 }).toMatch(/^long .* 1$/m);
    const workerId = /^long (.*) 1$/m.exec(await written())?.[1] ?? '';
    process.kill(Number(workerId.split('-').at(-1)), 'SIGKILL');
    const finished = await runtime.client.wait(run, { timeout: '40s' });
    expect(finished).toMatchObject({ status: 'succeeded', output: 2 });
    expect(finished.nodes?.map(({ attempt, id }) => [id, attempt])).toEqual([
      ['one', 1],
      ['two', 1],
      ['long', 2],
    ]);
    const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
    expect(lines.slice(0, 3)).toEqual(['one', 'two', `long ${workerId} 1`]);
    expect(lines[3]).toMatch(/^long .* 2$/);
    expect(lines[3]).not.toContain(workerId);
  });

  it.each([
    ['text', 'just a text'],
    ['undefined', 'undefined'],
    ['object', 'an object'],
    ['rejection', 'rejected'],
    ['error', 'an error'],
  ] as const)('a step that throws (%s) fails its run with the message', async (what, message) => {
    const run = await runtime.client.wait(await runtime.client.submit(workflows.thrower, what));
    expect(run).toMatchObject({ status: 'failed', error: { message: expect.stringContaining(message) } });
    expect(run.nodes?.map(({ id, status }) => [id, status])).toEqual([['throwing', 'failed']]);
  });

  it.each([
    ['data that looks like a decision', () => runtime.client.submit(workflows.pretender, 1), 'NoDecision'],
    ['a key without a route', () => runtime.client.submit(workflows.astray, 'right'), 'NoRoute'],
  ] as const)('%s is a clear error', async (_what, submit, code) => {
    const run = await runtime.client.wait(await submit());
    expect(run).toMatchObject({ status: 'failed', error: { code } });
  });

  it('a value over the limit fails its step before the store would refuse it', async () => {
    expect(await resultOf(runtime.client.submit(workflows.weigh, { chars: 340_000 }))).toBe(340_000);
    const run = await runtime.client.wait(
      await runtime.client.submit(workflows.weigh, { chars: 10_000_000 }),
    );
    expect(run).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'OutputTooLarge' } });
  });

  it('definitions are listed and shown, and kept for when their code is gone', async () => {
    const get = async (path: string) => (await fetch(`${runtime.url}${path}`)).json();
    expect(await get('/definitions')).toMatchObject({
      definitions: expect.arrayContaining([
        { name: 'search', kind: 'workflow', version: 1, hash: workflows.search.hash },
      ]),
    });
    const shown = { name: 'search', hash: workflows.search.hash, shape: workflows.search.shape };
    expect(await get('/definitions/search')).toMatchObject(shown);
    expect(await get(`/definitions/${workflows.search.hash}`)).toMatchObject(shown);
  });
});

/** How often the range is halved, counted apart. */
function bisections({ high, low, wanted }: { low: number; high: number; wanted: number }): number {
  const middle = Math.floor((low + high) / 2);
  if (middle === wanted) return 1;
  return (
    1 + bisections(middle < wanted ? { low: middle + 1, high, wanted } : { low, high: middle - 1, wanted })
  );
}
