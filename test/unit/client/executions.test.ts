import { defineTask, defineWorkflow, NonRetryableError } from 'holdfast';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { VirtualSystem } from '../../support/virtual-system.ts';

const tell = defineTask({
  name: 'tell',
  input: z.object({ n: z.number() }),
  timeout: '1s',
  run: ({ n }, ctx) => {
    ctx.logger.info('attempt', { number: ctx.attempt });
    ctx.setVariable('attempt', ctx.attempt);
    if (n < 0) throw new NonRetryableError('negative');
    if (ctx.attempt < n) throw new RangeError('again');
    return { n, execution: ctx.execution, timeoutMs: ctx.remainingMs() };
  },
});
const flow = defineWorkflow('flow', { input: z.unknown() })
  .map('same', (value) => value)
  .build();
const request = { workflowId: 'w1', functionName: 'tell', parameters: { n: 2 } };

describe('an execution of a registered task', () => {
  it('is a run that knows what it was asked for', async () => {
    const system = new VirtualSystem({ tell });
    const asked = {
      ...request,
      caller: 'ann',
      filePath: 'lib/tell.py',
      organization: 'acme',
      timeoutSeconds: 7,
    };
    const run = await system.client.execute(asked);
    const execution = { workflowId: 'w1', caller: 'ann', filePath: 'lib/tell.py' };
    expect(run).toMatchObject({ task: 'tell', tenant: 'acme', created: true, execution });
    const look = () => system.client.execution(run.id, { organization: 'acme' });
    const none = { result: null, error: null, errorType: null, durationMs: 0, logs: [], variables: {} };
    const begun = { executionId: run.id, success: null, status: 'ready', workerId: null, ...none };
    expect(await look()).toEqual(begun);
    await system.executeNext();
    expect(await look()).toMatchObject({
      success: null,
      error: 'again',
      errorType: 'RangeError',
      logs: [{ level: 'info', message: 'attempt', fields: { number: 1 } }],
    });
    await system.clock.advance(60_000);
    await system.drive();
    expect(await look()).toEqual({
      executionId: run.id,
      success: true,
      status: 'succeeded',
      result: { n: 2, execution, timeoutMs: 7_000 },
      error: null,
      errorType: null,
      durationMs: 0,
      logs: [{ at: expect.any(String), level: 'info', message: 'attempt', fields: { number: 2 } }],
      variables: { attempt: 2 },
      workerId: 'worker-1',
    });
    expect((await system.client.attempts(run)).attempts).toHaveLength(2);
    expect(await system.client.execution(run.id)).toMatchObject({ errorType: 'ContextNotFound' });
  });

  it('takes 300 seconds at most where it does not say so', async () => {
    const system = new VirtualSystem({ tell });
    const run = await system.client.execute({ ...request, parameters: { n: 1 } });
    await system.drive();
    expect(await system.client.execution(run.id)).toMatchObject({ result: { timeoutMs: 300_000 } });
  });

  it('that fails says how, and one that is cancelled says why', async () => {
    const system = new VirtualSystem({ tell });
    const failing = await system.client.execute({ ...request, parameters: { n: -1 } });
    const idle = await system.client.execute(request);
    await system.client.cancel(idle, { reason: 'too late' });
    await system.drive();
    expect(await system.client.execution(failing.id)).toMatchObject({
      success: false,
      status: 'failed',
      error: 'negative',
      errorType: 'NonRetryableError',
      variables: { attempt: 1 },
    });
    expect(await system.client.execution(idle.id)).toMatchObject({
      success: false,
      status: 'cancelled',
      error: 'too late',
      errorType: 'Cancelled',
    });
  });

  it('is found again under its key, if it asks for the same', async () => {
    const system = new VirtualSystem({ tell });
    const keyed = { ...request, idempotencyKey: 'k' };
    const first = await system.client.execute(keyed);
    expect(await system.client.execute(keyed)).toMatchObject({ id: first.id, created: false });
    const other = system.client.execute({ ...keyed, workflowId: 'w2' });
    await expect(other).rejects.toMatchObject({ code: 'IdempotencyConflict' });
  });

  it('keeps what it was asked for when it is tried again', async () => {
    const system = new VirtualSystem({ tell });
    const run = await system.client.execute({ ...request, parameters: { n: -1 } });
    await system.drive();
    const retried = await system.client.retry(run, { input: { n: 1 } });
    await system.drive();
    expect(await system.client.get(retried)).toMatchObject({
      status: 'succeeded',
      execution: { workflowId: 'w1' },
    });
  });

  it.each([
    [{ functionName: 'other' }, 'UnknownTask', 'functionName'],
    [{ functionName: 'flow' }, 'UnknownTask', 'functionName'],
    [{ functionName: 'constructor' }, 'UnknownTask', 'functionName'],
    [{ parameters: { n: 'x' } }, 'InvalidInput', 'parameters.n'],
    [{ parameters: undefined }, 'InvalidInput', 'parameters'],
    [{ organization: 'a b' }, 'InvalidArgument', 'organization'],
    [{ workflowId: '' }, 'InvalidArgument', 'workflowId'],
    [{ caller: 'x'.repeat(129) }, 'InvalidArgument', 'caller'],
    [{ filePath: 'x'.repeat(513) }, 'InvalidArgument', 'filePath'],
    [{ timeoutSeconds: 604_801 }, 'InvalidArgument', 'timeoutSeconds'],
  ])('is refused, naming the field of the request: %j', async (over, code, field) => {
    const system = new VirtualSystem({ tell, flow });
    const refused = system.client.execute({ ...request, ...over });
    await expect(refused).rejects.toMatchObject({ code, field });
    expect(system.runs.writes).toEqual([]);
  });
});

describe('an execution of stored code', () => {
  const stored = {
    workflowId: 'w1',
    functionName: 'main',
    parameters: [1],
    code: { 'main.js': 'x', 'b.js': 'y' },
  };
  const on = () => new VirtualSystem({ tell }, { storedCode: 'on' });

  it('is refused unless it is switched on', async () => {
    const system = new VirtualSystem({ tell });
    await expect(system.client.execute(stored)).rejects.toMatchObject({
      code: 'StoredCodeDisabled',
      field: 'code',
    });
    expect(system.runs.writes).toEqual([]);
  });

  it('is a run of the built-in task, with the modules as its input', async () => {
    const system = on();
    const run = await system.client.execute({ ...stored, filePath: 'b.js' });
    expect(run).toMatchObject({
      task: 'stored-code',
      input: { code: stored.code, filePath: 'b.js', functionName: 'main', parameters: [1] },
      execution: { workflowId: 'w1', filePath: 'b.js' },
    });
  });

  it('is left to others by a worker that does not execute it, and waits', async () => {
    const system = on();
    const run = await system.client.execute({ ...stored, filePath: 'b.js' });
    // This system's executors know the tasks of their module only.
    expect(await system.executeNext()).toMatchObject({ verdict: 'defer', because: 'TaskNotFound' });
    expect(await system.client.execution(run.id)).toMatchObject({ success: null, status: 'ready' });
  });

  it.each([
    [{}, 'InvalidArgument', 'filePath'],
    [{ filePath: 'c.js' }, 'InvalidInput', 'filePath'],
    [{ filePath: '../main.js' }, 'InvalidInput', 'filePath'],
    [{ functionName: 'a b' }, 'InvalidInput', 'functionName'],
    [{ code: { '../main.js': '' } }, 'InvalidInput', 'code.../main.js'],
    [{ code: { 'main.js': 'x'.repeat(340_000), 'b.js': 'x'.repeat(20_000) } }, 'PayloadTooLarge', 'code'],
  ])('is refused, naming the field of the request: %j', async (over, code, field) => {
    const system = on();
    const path = 'filePath' in over || Object.keys(over).length === 0 ? {} : { filePath: 'main.js' };
    const asked = 'code' in over && '../main.js' in over.code ? { filePath: '../main.js' } : path;
    const refused = system.client.execute({ ...stored, ...asked, ...(over as object) });
    await expect(refused).rejects.toMatchObject({ code, field });
    expect(system.runs.writes).toEqual([]);
  });
});
