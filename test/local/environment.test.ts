import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inProcessFunction } from '../../lib/local/in-process-function.ts';
import { type ProcessFunction, processFunction } from '../../lib/local/process-function.ts';
import { handler, type Wish } from './fixtures/handler.ts';
import { expectGone, isAlive } from './processes.ts';

const fixture = (name: string) => new URL(`./fixtures/${name}.ts`, import.meta.url);
const timeoutMs = 30_000;

interface Description {
  readonly pid: number;
  readonly functionName: string;
  readonly requestId: string;
  readonly remainingMs: number;
  readonly variable?: string;
  readonly home?: string;
}

describe('a function in processes', () => {
  let tested: ProcessFunction;
  beforeEach(() => {
    tested = make();
  });
  afterEach(() => tested.close());

  function make(options: { handler?: URL; timeoutMs?: number } = {}): ProcessFunction {
    return processFunction({
      functionName: 'fixture',
      handler: fixture('handler'),
      env: { PATH: process.env.PATH, FIXTURE_VARIABLE: 'given' },
      timeoutMs,
      ...options,
    });
  }
  const invoke = (wish: Wish) => tested.invoke(wish);
  const describeIt = async () => (await invoke({ wish: 'describe' })) as Description;

  test('runs the handler in another process, with a context and exactly the given variables', async () => {
    const described = await describeIt();
    expect(described).toEqual({
      pid: tested.pids()[0],
      functionName: 'fixture',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      remainingMs: expect.any(Number),
      variable: 'given',
    });
    expect(described.pid).not.toBe(process.pid);
    expect(described.remainingMs).toBeGreaterThan(0);
    expect(described.remainingMs).toBeLessThanOrEqual(timeoutMs);
  });

  test.each([null, 0, '', false, undefined, { a: [1] }])('brings back %j', async (value) => {
    expect(await invoke({ wish: 'return', value })).toEqual(value);
  });

  test('uses an environment again, and another one for each event at the same time', async () => {
    const first = await describeIt();
    expect((await describeIt()).pid).toBe(first.pid);
    const both = await Promise.all([describeIt(), describeIt()]);
    expect(new Set(both.map(({ pid }) => pid)).size).toBe(2);
    expect(both.map(({ pid }) => pid)).toContain(first.pid);
  });

  test('a throw fails the invocation and leaves the environment in use', async () => {
    const { pid } = await describeIt();
    await expect(invoke({ wish: 'throw', message: 'no' })).rejects.toMatchObject({
      errorType: 'TypeError',
      message: 'no',
    });
    expect((await describeIt()).pid).toBe(pid);
  });

  test('an exit fails the invocation; the next gets a new environment', async () => {
    const { pid } = await describeIt();
    await expect(invoke({ wish: 'exit', code: 3 })).rejects.toMatchObject({
      errorType: 'Runtime.ExitError',
      message: expect.stringContaining('exit status 3'),
    });
    expect((await describeIt()).pid).not.toBe(pid);
  });

  test('kill -9 in mid-invocation fails it; the next gets a new environment', async () => {
    const { pid } = await describeIt();
    const hanging = expect(invoke({ wish: 'hang' })).rejects.toMatchObject({
      errorType: 'Runtime.ExitError',
      message: expect.stringContaining('SIGKILL'),
    });
    process.kill(pid, 'SIGKILL');
    await hanging;
    expect((await describeIt()).pid).not.toBe(pid);
  });

  test('kill -9 of an idle environment is no failure of a later event', async () => {
    const { pid } = await describeIt();
    process.kill(pid, 'SIGKILL');
    await expectGone([pid]);
    await expect.poll(() => tested.pids()).toEqual([]);
    expect((await describeIt()).pid).not.toBe(pid);
  });

  test.each<Wish>([{ wish: 'hang' }, { wish: 'burn' }])('at its timeout it is killed: %o', async (wish) => {
    const short = make({ timeoutMs: 300 });
    const failing = expect(short.invoke(wish)).rejects.toMatchObject({
      errorType: 'Sandbox.Timedout',
      message: expect.stringMatching(/^[0-9a-f-]{36} Task timed out after 0.30 seconds$/),
    });
    const pids = short.pids();
    expect(pids).toHaveLength(1);
    await failing;
    await expectGone(pids);
    await short.close();
  });

  test('a handler that cannot be imported fails each invocation with its reason', async () => {
    const broken = make({ handler: fixture('broken-handler') });
    for (let attempt = 1; attempt <= 2; attempt++) {
      await expect(broken.invoke({})).rejects.toMatchObject({
        errorType: 'Error',
        message: 'this module throws while it is imported',
      });
    }
    await broken.close();
  });

  test('closing ends every environment, one that never yields included', async () => {
    await Promise.all([describeIt(), describeIt()]);
    const burning = expect(invoke({ wish: 'burn' })).rejects.toMatchObject({
      errorType: 'Runtime.ExitError',
    });
    const pids = tested.pids();
    expect(pids).toHaveLength(2);
    expect(pids.every(isAlive)).toBe(true);
    await tested.close();
    await burning;
    await expectGone(pids);
  });
});

describe('a function in this process', () => {
  const inProcess = (ms = timeoutMs) =>
    inProcessFunction({ functionName: 'fixture', handler, timeoutMs: ms });

  test('runs the handler here, events and responses passing as JSON', async () => {
    const described = (await inProcess().invoke({ wish: 'describe' })) as Description;
    expect(described).toMatchObject({ pid: process.pid, functionName: 'fixture' });
    const value = { kept: 1, date: new Date(0), dropped: undefined };
    expect(await inProcess().invoke({ wish: 'return', value })).toStrictEqual({
      kept: 1,
      date: '1970-01-01T00:00:00.000Z',
    });
  });

  test('a throw fails the invocation, and so does the timeout', async () => {
    await expect(inProcess().invoke({ wish: 'throw', message: 'no' })).rejects.toThrow('no');
    await expect(inProcess(10).invoke({ wish: 'hang' })).rejects.toMatchObject({
      errorType: 'Sandbox.Timedout',
    });
  });
});
