import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ExecutionResult } from '../../lib/client/execution-view.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { Worker } from '../../lib/worker/index.ts';
import * as tasks from './executions-tasks.ts';

vi.setConfig({ testTimeout: 60_000 });

const settings = { discoveryPeriod: '500ms', abortGrace: '200ms' } as const;

/** By nothing but HTTP. */
function callerOf(runtime: () => LocalRuntime) {
  const post = (body: object) =>
    fetch(`${runtime().url}/executions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ workflowId: 'w1', parameters: {}, ...body }),
    });
  const look = async (path: string): Promise<ExecutionResult> => {
    const response = await fetch(`${runtime().url}${path}`);
    return (await response.json()) as ExecutionResult;
  };
  const execute = async (body: object): Promise<ExecutionResult> => {
    const response = await post(body);
    expect(response.status).toBe(202);
    const path = response.headers.get('location') ?? '';
    await expect
      .poll(async () => (await look(path)).success, { interval: 20, timeout: 40_000 })
      .not.toBeNull();
    return await look(path);
  };
  return { execute, look, post };
}

describe('executions, where stored code is switched on', () => {
  let runtime: LocalRuntime;
  const { execute, look, post } = callerOf(() => runtime);
  beforeAll(async () => {
    runtime = await startLocal({
      tasks: fileURLToPath(new URL('./executions-tasks.ts', import.meta.url)),
      port: 0,
      workers: 1,
      settings: { ...settings, storedCode: 'on', storedCodeMemory: 32, storedCodeImports: ['zod'] },
    });
  });
  afterAll(() => runtime.close());

  it('of a registered task give a result with its logs and variables', async () => {
    const result = await execute({
      functionName: 'report',
      parameters: { lines: 2 },
      caller: 'ann',
      organization: 'acme',
    });
    expect(result).toEqual({
      executionId: expect.any(String),
      success: true,
      status: 'succeeded',
      result: { lines: 2, execution: { workflowId: 'w1', caller: 'ann' }, tenant: 'acme' },
      error: null,
      errorType: null,
      durationMs: expect.any(Number),
      logs: [
        { at: expect.any(String), level: 'info', message: 'line 0' },
        { at: expect.any(String), level: 'info', message: 'line 1' },
        { at: expect.any(String), level: 'warn', message: 'counted', fields: { lines: 2 } },
      ],
      variables: { lines: 2 },
      workerId: expect.any(String),
    });
    const failed = await execute({ functionName: 'report', parameters: { lines: 1, fails: true } });
    expect(failed).toMatchObject({
      success: false,
      result: null,
      error: 'as it was asked to',
      errorType: 'NonRetryableError',
      logs: [{ message: 'line 0' }, { message: 'counted' }],
      variables: { lines: 1 },
    });
    expect(await look('/executions/no-such')).toMatchObject({ success: false, errorType: 'ContextNotFound' });
  });

  it('that take too long fail in time', async () => {
    expect(await execute({ functionName: 'slow', timeoutSeconds: 0.3, parameters: null })).toMatchObject({
      errorType: 'TimedOut',
    });
    const code = { 'main.js': 'export const main = () => { for (;;); };' };
    const endless = await execute({ functionName: 'main', code, timeoutSeconds: 1 });
    expect(endless).toMatchObject({
      success: false,
      errorType: 'TimedOut',
      error: 'The attempt exceeded its timeout of 1000 ms',
    });
    // The executor has survived it.
    expect(await execute({ functionName: 'report', parameters: { lines: 0 } })).toMatchObject({
      success: true,
    });
  });

  it('of stored code run the modules that came with the request', async () => {
    const result = await execute({
      functionName: 'summarise',
      filePath: 'lib/main.ts',
      caller: 'ann',
      organization: 'acme',
      parameters: { numbers: [1, 2, 3] },
      code: {
        'lib/main.ts': `
          import * as z from 'zod';
          import { sum } from '../math.js';
          export function summarise(parameters: unknown, ctx: any) {
            const { numbers } = z.object({ numbers: z.array(z.number()) }).parse(parameters);
            console.log('adding', numbers);
            ctx.setVariable('count', numbers.length);
            return { sum: sum(numbers), by: ctx.caller, of: ctx.organization, env: Object.keys(process.env) };
          }`,
        'math.js': 'export const sum = (all) => all.reduce((a, b) => a + b, 0);',
      },
    });
    expect(result).toMatchObject({
      success: true,
      result: { sum: 6, by: 'ann', of: 'acme', env: [] },
      logs: [{ level: 'info', message: 'adding [ 1, 2, 3 ]' }],
      variables: { count: 3 },
    });
    const path = `/runs/${result.executionId}/attempts`;
    const response = await fetch(`${runtime.url}${path}`, { headers: { 'x-holdfast-tenant': 'acme' } });
    const { attempts } = (await response.json()) as { attempts: { resources: object }[] };
    expect(attempts[0]?.resources).toEqual({
      peakMemoryMb: expect.any(Number),
      userCpuSeconds: expect.any(Number),
      systemCpuSeconds: expect.any(Number),
    });
  });

  it('work as their documentation shows it', async () => {
    const text = await readFile(new URL('../../docs/stored-code.md', import.meta.url), 'utf8');
    const body = /-d '(\{.*?\n\})'/s.exec(text)?.[1] ?? '';
    expect(await execute(JSON.parse(body))).toMatchObject({
      success: true,
      result: 6,
      variables: { count: 3 },
      logs: [{ message: 'adding' }],
    });
  });

  it.each([
    ['throws', `export const main = () => { throw new RangeError('no'); }`, 'RangeError', 'no'],
    [
      'imports what is not allowed',
      `import 'node:fs'; export const main = 1;`,
      'ImportNotAllowed',
      'The import of node:fs is not allowed',
    ],
    [
      'leads out of its modules',
      `export const main = () => import('../../etc/passwd');`,
      'ImportNotAllowed',
      'The import of ../../etc/passwd is not allowed',
    ],
    [
      'exports no such function',
      'export const other = 1;',
      'FunctionNotFound',
      'main.js exports no function named main',
    ],
    ['does not parse', 'export const main = (', 'SyntaxError', 'Unexpected end of input'],
    [
      'takes too much memory',
      'const all = []; export const main = () => { for (;;) all.push({ n: Math.random(), list: [1, 2, 3] }); };',
      'ThreadEnded',
      'stored code main.js ended its thread: its memory ran out',
    ],
  ])('of stored code that %s fail at once, with the cause', async (_what, source, errorType, error) => {
    const [before] = runtime.processes().executors;
    const result = await execute({ functionName: 'main', code: { 'main.js': source } });
    expect(result).toMatchObject({ success: false, errorType, error, result: null });
    expect(await runtime.client.get(result.executionId)).toMatchObject({ attempt: 1 });
    expect(runtime.processes().executors).toEqual([before]);
  });

  it('are refused where the code could be taken for something else, and nothing is stored', async () => {
    for (const path of ['../main.js', '/main.js', 'file:///main.js', 'a/%2e%2e/main.js', 'main\0.js']) {
      const response = await post({ functionName: 'main', code: { [path]: '' } });
      expect([response.status, await response.json()]).toMatchObject([400, { field: `code.${path}` }]);
    }
    const sources = Array.from({ length: 31 }, (_, index) => [`${index}.js`, 'x'.repeat(349_000)]);
    const tooMuch = runtime.client.execute({
      workflowId: 'w',
      functionName: 'main',
      filePath: '0.js',
      parameters: {},
      code: Object.fromEntries(sources),
    });
    await expect(tooMuch).rejects.toMatchObject({ code: 'PayloadTooLarge', field: 'code' });
  });
});

describe('executions, where stored code is not switched on', () => {
  let runtime: LocalRuntime;
  const { execute, post } = callerOf(() => runtime);
  beforeAll(async () => {
    runtime = await startLocal({ tasks, port: 0, settings });
  });
  afterAll(() => runtime.close());

  it('run registered tasks', async () => {
    expect(await execute({ functionName: 'report', parameters: { lines: 0 } })).toMatchObject({
      success: true,
      logs: [{ message: 'counted' }],
    });
  });

  it('refuse code with 403, in every way it can be given', async () => {
    const code = { 'main.js': 'export const main = () => 1;' };
    const refused = await post({ functionName: 'main', code });
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { code: 'StoredCodeDisabled', field: 'code' },
    ]);
    const named = await post({ functionName: 'stored-code' });
    expect([named.status, await named.json()]).toMatchObject([
      400,
      { code: 'UnknownTask', field: 'functionName' },
    ]);
    const input = { code, filePath: 'main.js', functionName: 'main', parameters: null };
    const submitted = await fetch(`${runtime.url}/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ task: 'stored-code', input }),
    });
    expect([submitted.status, await submitted.json()]).toMatchObject([400, { code: 'UnknownTask' }]);
    expect((await runtime.client.list()).runs.filter(({ task }) => task === 'stored-code')).toEqual([]);
  });
});

it('executions run in a worker process of one`s own, too', async () => {
  const file = fileURLToPath(new URL('./executions-tasks.ts', import.meta.url));
  await using runtime = await startLocal({
    tasks: file,
    port: 0,
    workers: 0,
    settings: { ...settings, storedCode: 'on' },
  });
  const { execute } = callerOf(() => runtime);
  await using worker = new Worker(file, { env: runtime.env }).id('own-worker').spawn();
  await worker.ready;
  const code = { 'main.js': `export const main = () => { console.log('here'); return 42; };` };
  expect(await execute({ functionName: 'main', code })).toMatchObject({
    success: true,
    result: 42,
    logs: [{ message: 'here' }],
    workerId: 'own-worker',
  });
  expect(await execute({ functionName: 'report', parameters: { lines: 1 } })).toMatchObject({
    success: true,
    logs: [{ message: 'line 0' }, { message: 'counted' }],
  });
});
