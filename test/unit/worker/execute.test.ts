import { defineTask, NonRetryableError } from 'holdfast';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Registry } from '../../../lib/define/registry.ts';
import { Executor } from '../../../lib/worker/executor.ts';
import { Statistics } from '../../../lib/worker/statistics.ts';
import { deferred, VirtualSystem } from '../../support/virtual-system.ts';

const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });

describe('a single task', () => {
  it('is submitted, claimed, run and committed in three writes', async () => {
    const system = new VirtualSystem({ echo });
    const run = await system.client.submit(echo, { a: 1 });
    expect(run).toMatchObject({ status: 'ready', created: true, attempt: 0 });
    expect(await system.executeNext()).toEqual({ verdict: 'acknowledge', because: 'succeeded' });
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', output: { a: 1 }, attempt: 1 });
    expect(system.runs.writes).toEqual(['submit', 'claim', 'commit']);
  });

  it.each([
    null,
    0,
    '',
    false,
    undefined,
    [],
    {},
    [undefined, null],
    { a: undefined },
    JSON.parse('{"__proto__": {"x": 1}}'),
    'x'.repeat(5_000),
  ])('keeps the result %j as it is, and does not run again', async (value) => {
    let starts = 0;
    const task = defineTask({
      name: 'constant',
      input: z.null(),
      run: () => {
        starts += 1;
        return value as unknown;
      },
    });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    const message = system.takeMessage();
    await system.executor().execute(system.delivery(message));
    const again = await system.executor('worker-2').execute(system.delivery(message));
    expect(again).toEqual({ verdict: 'acknowledge', because: 'Finished' });
    expect(starts).toBe(1);
    const finished = await system.client.get(run);
    expect(finished).toHaveProperty('output', value);
    expect(await system.client.result(run)).toStrictEqual(value);
  });

  it('tells a message of a run that is not there', async () => {
    const system = new VirtualSystem({ echo });
    await system.client.submit(echo, 1);
    const message = { ...system.takeMessage(), run: 'missing' as never };
    expect(await system.executor().execute(system.delivery(message))).toEqual({
      verdict: 'acknowledge',
      because: 'ContextNotFound',
    });
    expect(system.runs.writes).toEqual(['submit']);
    expect(system.logged('execution context not found')).toHaveLength(1);
  });

  it('leaves a run whose definition it lacks to others, and spends no attempt', async () => {
    const system = new VirtualSystem({ echo });
    const run = await system.client.submit(echo, 1);
    const message = { ...system.takeMessage(), hash: 'other' as never };
    const verdict = await system.executor().execute(system.delivery(message));
    expect(verdict).toEqual({ verdict: 'defer', visibility: 30, because: 'DefinitionMismatch' });
    expect((await system.node(run.id)).attempt).toBe(0);
  });

  it('tells a task that is not here at all from one in another shape', async () => {
    const system = new VirtualSystem({ echo });
    const run = await system.client.submit(echo, 1);
    const other = defineTask({ name: 'other', input: z.unknown(), run: () => 'wrong' });
    const registry = Registry.fromModule({ other });
    const foreign = new Executor({ ...system.ports('foreign'), registry }, new Statistics());
    const delivery = system.delivery(system.takeMessage());
    expect(await foreign.execute(delivery)).toEqual({
      verdict: 'defer',
      visibility: 30,
      because: 'TaskNotFound',
    });
    expect(system.logged('left to other workers')).toMatchObject([
      { fields: { code: 'TaskNotFound', name: 'echo' } },
    ]);
    expect((await system.node(run.id)).attempt).toBe(0);
    // Nobody need wait for a run that has ended meanwhile, or is not there.
    await system.executor().execute(delivery);
    expect(await foreign.execute(delivery)).toEqual({ verdict: 'acknowledge', because: 'Finished' });
    const gone = { ...delivery, message: { ...delivery.message, run: 'gone' as never } };
    expect(await foreign.execute(gone)).toEqual({ verdict: 'acknowledge', because: 'ContextNotFound' });
  });

  it('refuses to run under another definition than its own', async () => {
    const other = defineTask({ name: 'other', input: z.unknown(), run: () => 'wrong' });
    const system = new VirtualSystem({ echo, other });
    const run = await system.client.submit(echo, 1);
    const hash = system.registry.byName('other')?.hash as never;
    const verdict = await system.executor().execute(system.delivery({ ...system.takeMessage(), hash }));
    expect(verdict).toEqual({ verdict: 'defer', visibility: 30, because: 'DefinitionMismatch' });
    expect((await system.node(run.id)).status).toBe('ready');
  });

  it('comes back when it is due', async () => {
    const system = new VirtualSystem({ echo });
    await system.client.submit(echo, 1, { delay: '90s' });
    expect(system.queue.sent[0]?.delayMs).toBe(90_000);
    const message = system.takeMessage();
    await system.clock.advance(30_000);
    const early = await system.executor().execute(system.delivery(message));
    expect(early).toEqual({ verdict: 'defer', visibility: 60, because: 'NotYetDue' });
    await system.clock.advance(60_000);
    expect(await system.executor().execute(system.delivery(message))).toMatchObject({ because: 'succeeded' });
  });
});

describe('contenders', () => {
  it('20 executors and one lease: one runs, the others are told so as a value', async () => {
    const hold = deferred<string>();
    const task = defineTask({ name: 'hold', input: z.null(), run: () => hold.promise });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    const message = system.takeMessage();
    const all = Array.from({ length: 20 }, (_, n) =>
      system.executor(`worker-${n}`).execute(system.delivery(message)),
    );
    await system.clock.advance(1);
    hold.resolve('done');
    const verdicts = await Promise.all(all);
    expect(verdicts.filter(({ because }) => because === 'succeeded')).toHaveLength(1);
    expect(verdicts.filter(({ because }) => because === 'Leased')).toHaveLength(19);
    expect((await system.node(run.id)).epoch).toBe(1);
  });
});

describe('retries', () => {
  const failing = (times: number, thrown: unknown, maxAttempts = 4) =>
    defineTask({
      name: 'failing',
      input: z.null(),
      retry: { maxAttempts, backoff: '2s', factor: 3, maxBackoff: '10s' },
      run: (_, { attempt }) => {
        if (attempt <= times) throw thrown;
        return attempt;
      },
    });

  it('fails, backs off, and succeeds; the error is shown until then', async () => {
    const task = failing(2, new RangeError('too far'));
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    await system.executeNext();
    const waiting = await system.client.get(run);
    expect(waiting).toMatchObject({
      status: 'ready',
      error: { type: 'RangeError', message: 'too far', attempt: 1, workerId: 'worker-1' },
    });
    expect(system.queue.sent[0]?.delayMs).toBe(1_000); // half of 2 s
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', output: 3, attempt: 3 });
    expect(await system.client.get(run)).not.toHaveProperty('error');
  });

  it('fails once, with the cause, when no attempt is left', async () => {
    const task = failing(9, new Error('broken'), 3);
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({
      status: 'failed',
      attempt: 3,
      error: { type: 'Error', message: 'broken', attempt: 3 },
    });
    expect(system.runs.writes.filter((name) => name === 'commit')).toHaveLength(1);
    await expect(system.client.result(run)).rejects.toMatchObject({ code: 'RunFailed' });
  });

  it.each([
    ['a string', 'NonError', 'a string'],
    [undefined, 'NonError', 'undefined'],
    [{ odd: 1 }, 'NonError', '{"odd":1}'],
    [Object.assign(new Error('io'), { code: 'EIO' }), 'Error', 'io'],
  ])('a throw of %j becomes a failure', async (thrown, type, message) => {
    const task = failing(9, thrown, 1);
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ status: 'failed', error: { type, message } });
  });

  it('does not retry what cannot get better', async () => {
    const task = failing(9, new NonRetryableError('no use'));
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({
      status: 'failed',
      attempt: 1,
      error: { type: 'NonRetryableError' },
    });
  });

  it('asks retryIf, and takes its throw for a no', async () => {
    const task = defineTask({
      name: 'asks',
      input: z.boolean(),
      retry: {
        retryIf: (error) => {
          if ((error as Error).message === 'final') return false;
          throw new Error('confused');
        },
      },
      run: (final) => {
        throw new Error(final ? 'final' : 'other');
      },
    });
    const system = new VirtualSystem({ task });
    for (const final of [true, false]) {
      const run = await system.client.submit(task, final);
      await system.drive();
      expect(await system.client.get(run)).toMatchObject({ status: 'failed', attempt: 1 });
    }
  });

  it('a pause beyond the limit of SQS is left to discovery', async () => {
    const task = defineTask({
      name: 'later',
      input: z.null(),
      retry: { backoff: '1h', maxBackoff: '1h' },
      run: (_, { attempt }) => {
        if (attempt === 1) throw new Error('once');
        return 'ok';
      },
    });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    await system.executeNext();
    expect(system.queue.sent).toEqual([]);
    await system.clock.advance(30 * 60_000 - 10_000);
    await system.discover();
    expect(system.queue.sent[0]?.delayMs).toBe(10_000);
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded' });
  });

  it('counts hops, and leaves a long chain to discovery', async () => {
    const task = failing(9, new Error('again'), 10);
    const system = new VirtualSystem({ task }, { hopLimit: 3 });
    await system.client.submit(task, null);
    await system.drive();
    // Two dispatches of its own, then none.
    expect(system.runs.writes.filter((name) => name === 'retry')).toHaveLength(3);
    await system.clock.advance(20_000);
    expect(await system.discover()).toMatchObject({ sent: 1 });
  });
});

describe('values that cannot be stored', () => {
  it.each([
    [new Date(0), 'NotSerializable', 'output is a Date'],
    [{ a: [1n] }, 'NotSerializable', 'output.a.0 is a bigint'],
    ['x'.repeat(400_000), 'OutputTooLarge', 'output has 400002 bytes'],
  ])('fail at once, by name', async (value, type, message) => {
    const task = defineTask({ name: 'odd', input: z.null(), run: () => value as unknown });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    await system.drive();
    const failed = await system.client.get(run);
    expect(failed).toMatchObject({ status: 'failed', attempt: 1, error: { type } });
    expect(failed).toHaveProperty('error.message', expect.stringContaining(message));
  });

  it('checks the output against its schema', async () => {
    const task = defineTask({
      name: 'typed',
      input: z.null(),
      output: z.object({ n: z.number() }),
      run: () => ({ n: 'one' }) as never,
    });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({
      status: 'failed',
      error: { type: 'InvalidOutput' },
    });
  });
});
