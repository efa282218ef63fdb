import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Context } from '../../lib/define/context.ts';
import { type ExternalExecutor, type ExternalOptions, externalExecutor } from '../../lib/external/index.ts';
import { HoldfastError, NonRetryableError } from '../../lib/model/errors.ts';
import { expectGone, isAlive } from '../local/processes.ts';
import { fakeContext } from './fake-context.ts';

const executor = new URL('./fixtures/executor.js', import.meta.url);

vi.setConfig({ testTimeout: 60_000 });

const opened: ExternalExecutor[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one[Symbol.asyncDispose]();
});

/** @param fault what is wrong with the program */
function open(options: Partial<ExternalOptions> = {}, fault = ''): ExternalExecutor {
  const command = { command: process.execPath, args: [executor, fault], killGrace: '100ms' } as const;
  const one = externalExecutor({ ...command, ...options });
  opened.push(one);
  return one;
}

/** Executes with a context that nobody looks at. */
function executing(options?: Partial<ExternalOptions>, fault?: string) {
  const execute = open(options, fault);
  return async (task: string, input: unknown = null, over: Partial<Context> = {}) =>
    await execute(task, input, fakeContext(over).ctx);
}

const error = (code: string, message: string) => ({ code, message: expect.stringContaining(message) });

describe('an external executor', () => {
  it('executes tasks side by side in one process, which starts with the first', async () => {
    const execute = executing();
    const pid = (await execute('whoami')) as number;
    const values = [null, 0, '', false, { a: [1, { b: 'ä\u{1f600}' }] }, 'x'.repeat(400_000)];
    const slow = execute('stubborn', { ms: 200 });
    expect(await Promise.all(values.map((value) => execute('conformance.echo', value)))).toEqual(values);
    expect([await execute('whoami'), await slow]).toEqual([pid, pid]);
  });

  it('gives back undefined for no output', async () => {
    expect(await open()('conformance.echo', undefined, fakeContext().ctx)).toBeUndefined();
  });

  it('hands the context over', async () => {
    const given = { attempt: 3, fencingToken: 9, runId: 'other' };
    expect(await executing()('conformance.context', null, given)).toEqual({
      ...given,
      taskId: 'task',
      idempotencyKey: '-/run/task',
      tenant: '-',
      workerId: 'worker',
    });
  });

  it('runs where it is told to, with the variables of its worker and its own', async () => {
    const cwd = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-external-')));
    try {
      const execute = executing({ cwd, env: { GIVEN: 'yes' } });
      expect(await execute('environment')).toEqual({ cwd, given: 'yes', home: process.env.HOME ?? null });
    } finally {
      await rm(cwd, { recursive: true });
    }
  });

  it('tells the handler’s context what the task reports, in order', async () => {
    const { ctx, told } = fakeContext({ checkpointed: 'before' });
    const input = { progress: { done: 1 }, state: [1], message: 'under way' };
    expect(await open()('conformance.report', input, ctx)).toBe('before');
    expect(told).toEqual([
      { progress: { done: 1 } },
      { checkpoint: [1] },
      { level: 'info', message: 'under way', fields: undefined },
    ]);
  });

  it('takes variables, and log lines of every level with their fields', async () => {
    const { abort, ctx, told } = fakeContext();
    const levels = ['debug', 'info', 'warn', 'error'];
    const lines = levels.map((level) => ({ type: 'log', level, message: 'm', fields: { level } }));
    const running = open()('relay', [{ type: 'variable', name: 'rows', value: 7 }, ...lines], ctx);
    await expect.poll(() => told).toHaveLength(5);
    expect(told).toEqual([
      { variable: 'rows', value: 7 },
      ...levels.map((level) => ({ level, message: 'm', fields: { level } })),
    ]);
    abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
  });

  it('throws what the task throws, by its name, final or not', async () => {
    const execute = executing();
    const failing = (retryable: boolean) => execute('conformance.fail', { message: 'as told', retryable });
    const again: unknown = await failing(true).catch((thrown: unknown) => thrown);
    expect(again).toMatchObject({ name: 'Error', message: 'as told' });
    expect(again).not.toBeInstanceOf(NonRetryableError);
    const final: unknown = await failing(false).catch((thrown: unknown) => thrown);
    expect(final).toBeInstanceOf(NonRetryableError);
    expect(final).toMatchObject({ name: 'Error', message: 'as told' });
    const failure = {
      type: 'error',
      error: { type: 'ValueError', message: 'm', code: 'E7' },
      retryable: false,
    };
    await expect(execute('relay', [failure])).rejects.toMatchObject({ name: 'ValueError', code: 'E7' });
  });

  it('does not have a task that the program did not name', async () => {
    await expect(executing()('unheard-of')).rejects.toMatchObject(
      error('TaskNotImplemented', 'not unheard-of'),
    );
  });

  it('refuses an input that JSON would change', async () => {
    const execute = executing();
    await expect(execute('conformance.echo', { at: new Date(0) })).rejects.toMatchObject(
      error('NotSerializable', 'input.at is a Date'),
    );
    expect(await execute('conformance.echo', 1)).toBe(1);
  });
});

describe('when a result is no longer wanted', () => {
  const reason = new HoldfastError('TimedOut', 'too slow');

  it('the task is told, with the reason, and the caller need not wait', async () => {
    const execute = open();
    const { abort, ctx } = fakeContext();
    const sleeping = execute('conformance.sleep', { ms: 3_600_000 }, ctx);
    await execute('whoami', null, fakeContext().ctx);
    abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    const cancels = await execute('cancels', null, fakeContext().ctx);
    expect(cancels).toEqual([{ code: 'TimedOut', message: 'too slow' }]);
  });

  it('before the program has started, it waits no longer either', async () => {
    const { abort, ctx } = fakeContext();
    const executingMute = open({ startTimeout: '1m' }, 'mute')('whoami', null, ctx);
    abort(reason);
    await expect(executingMute).rejects.toBe(reason);
    await expect(open()('whoami', null, fakeContext({ signal: AbortSignal.abort(reason) }).ctx)).rejects.toBe(
      reason,
    );
  });

  it.each<[string, Partial<Context>]>([
    ['a checkpoint that hands the task back', { checkpoint: () => Promise.reject(reason) }],
    [
      'progress that is refused',
      {
        progress: () => {
          throw reason;
        },
      },
    ],
  ])('%s ends the task', async (_, over) => {
    const execute = open();
    const messages = [{ type: 'progress' }, { type: 'checkpoint' }];
    await expect(execute('relay', messages, fakeContext(over).ctx)).rejects.toBe(reason);
    expect(await execute('cancels', null, fakeContext().ctx)).toEqual([
      { code: 'TimedOut', message: 'too slow' },
    ]);
  });

  it('a program whose task goes on all the same is replaced, and ends with what it has', async () => {
    const execute = open({ cancelGrace: '100ms' });
    const [stubborn, kept] = [fakeContext(), fakeContext()];
    const cancelled = execute('stubborn', { ms: 3_600_000 }, stubborn.ctx);
    const beside = execute('conformance.sleep', { ms: 3_600_000 }, kept.ctx);
    const first = (await execute('whoami', null, fakeContext().ctx)) as number;
    stubborn.abort(reason);
    await expect(cancelled).rejects.toBe(reason);
    const whoami = () => execute('whoami', null, fakeContext().ctx);
    await expect.poll(whoami, { timeout: 15_000 }).not.toBe(first);
    expect(isAlive(first)).toBe(true);
    kept.abort(reason);
    await expect(beside).rejects.toBe(reason);
    await expectGone([first]);
  });

  it('a task that ends late, but within its time, leaves the program as it is', async () => {
    const execute = open({ cancelGrace: '1m' });
    const { abort, ctx } = fakeContext();
    const late = execute('stubborn', { ms: 100 }, ctx);
    const first = await execute('whoami', null, fakeContext().ctx);
    abort(reason);
    await expect(late).rejects.toBe(reason);
    await execute('stubborn', { ms: 200 }, fakeContext().ctx);
    expect(await execute('whoami', null, fakeContext().ctx)).toBe(first);
  });
});

describe('a program', () => {
  it('that dies fails what it has in hand, with its last words, and is started again', async () => {
    const execute = executing();
    const first = await execute('whoami');
    const inHand = [execute('stubborn', { ms: 60_000 }), execute('ends', 3)];
    for (const each of inHand) {
      const message = 'the executor ended with exit code 3; it said: something is wrong here';
      await expect(each).rejects.toMatchObject(error('ExternalEnded', message));
    }
    expect(await execute('whoami')).not.toBe(first);
  });

  it('that is killed says by what', async () => {
    const execute = executing();
    const pid = (await execute('whoami')) as number;
    const inHand = execute('stubborn', { ms: 60_000 });
    process.kill(pid, 'SIGKILL');
    await expect(inHand).rejects.toMatchObject(error('ExternalEnded', 'the executor ended with SIGKILL'));
  });

  it('may end right after a result: that counts', async () => {
    expect(await executing()('last-words')).toBe('said at last');
  });

  it('that hangs is ended, and started again', async () => {
    const execute = executing({ silence: '300ms' });
    const first = (await execute('whoami')) as number;
    const inHand = [execute('conformance.sleep', { ms: 60_000 }), execute('spins')];
    for (const each of inHand) {
      await expect(each).rejects.toMatchObject(error('ExternalSilent', 'no sign of life for 300 ms'));
    }
    await expectGone([first]);
    expect(await execute('whoami')).not.toBe(first);
  });

  it('that answers its pings is left alone', async () => {
    const execute = executing({ silence: '300ms' });
    const first = await execute('whoami');
    expect(await execute('stubborn', { ms: 1_500 })).toBe(first);
  });

  it.each([
    ['prints', 'no message\n', 'a line is not JSON: \\"no message\\"'],
    ['prints', '{"type":"result"}\n', 'a line is no message (id: '],
    ['prints', '{"type":"surprise","id":"1"}\n', 'a line is no message (type: '],
    ['prints', '[]\n', 'a line is no message'],
    ['prints', '{"type":"log","id":"1","level":"loud","message":"m"}\n', 'level'],
    ['prints', `${'['.repeat(500_000)}\n`, 'a line is not JSON'],
    ['floods', null, 'a line is longer than 33554432 bytes'],
  ])('that writes rubbish is ended: it %s', async (task, input, message) => {
    const execute = executing();
    const first = (await execute('whoami')) as number;
    const inHand = [execute('stubborn', { ms: 60_000 }), execute(task, input)];
    for (const each of inHand) {
      await expect(each).rejects.toMatchObject(error('ExternalProtocol', message.replaceAll('\\"', '"')));
    }
    await expectGone([first]);
    expect(await execute('whoami')).not.toBe(first);
  });

  it.each<[string, string, Partial<ExternalOptions>]>([
    ['mute', 'it said no hello within 300 ms', { startTimeout: '300ms' }],
    ['dies', 'no licence found', {}],
    ['version', 'it speaks version 2 of the protocol, not 1', {}],
    ['chatty', 'a line is not JSON: "welcome to the executor"', {}],
    ['hasty', 'the first message is pong, not hello', {}],
    ['', 'ENOENT', { command: 'no-such-program' }],
    ['', 'ENOENT', { cwd: '/no/such/directory' }],
  ])('that does not start as it should (%s: %s) says so', async (fault, message, options) => {
    const execute = executing(options, fault);
    await expect(execute('whoami')).rejects.toMatchObject(error('ExternalNotStarted', message));
    // And again, after its pause.
    await expect(execute('whoami')).rejects.toMatchObject(error('ExternalNotStarted', message));
  });

  it('ends with its executor, descendants included; then nothing is executed any more', async () => {
    const execute = open();
    const pids = (await execute('parent', null, fakeContext().ctx)) as number[];
    expect(pids.filter(isAlive)).toHaveLength(2);
    await execute[Symbol.asyncDispose]();
    await expectGone(pids);
    await expect(execute('whoami', null, fakeContext().ctx)).rejects.toMatchObject(
      error('ExternalNotStarted', 'was closed'),
    );
  });

  it('that will not end is killed', async () => {
    const execute = open({}, 'immortal');
    const pid = (await execute('whoami', null, fakeContext().ctx)) as number;
    const inHand = Promise.resolve(execute('stubborn', { ms: 60_000 }, fakeContext().ctx));
    inHand.catch(() => {});
    await execute('whoami', null, fakeContext().ctx);
    await execute[Symbol.asyncDispose]();
    await expectGone([pid]);
    await expect(inHand).rejects.toMatchObject(error('ExternalEnded', 'SIGKILL'));
  });
});

it.each<[string, Partial<ExternalOptions>]>([
  ['command', { command: '' }],
  ['command', { command: 7 as never }],
  ['silence', { silence: '0ms' }],
  ['startTimeout', { startTimeout: '2d' }],
])('refuses the option %s of %o', (field, options) => {
  expect(() => open(options)).toThrow(expect.objectContaining({ code: 'InvalidArgument', field }));
});
