import { again, decision, defineTask, defineWorkflow, done, NonRetryableError } from 'holdfast';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { attributeConsole } from '../../../lib/attempts/console.ts';
import { HoldfastError } from '../../../lib/model/errors.ts';
import type { AttemptStore } from '../../../lib/ports/attempt-store.ts';
import type { RunStore } from '../../../lib/ports/run-store.ts';
import { Executor } from '../../../lib/worker/executor.ts';
import { Statistics } from '../../../lib/worker/statistics.ts';
import { deferred, VirtualSystem } from '../../support/virtual-system.ts';

beforeAll(() => attributeConsole());

const quiet = defineTask({ name: 'quiet', input: z.unknown(), run: (input) => input });
const talking = defineTask({
  name: 'talking',
  input: z.unknown(),
  run: (input, ctx) => {
    ctx.logger.info('begun', { input });
    ctx.logger.child({ part: 2 }).debug('deeper', { error: new RangeError('small') });
    ctx.setVariable('seen', input);
    return input;
  },
});
const failing = defineTask({
  name: 'failing',
  input: z.string(),
  retry: { backoff: '1s' },
  run: (how, { attempt }) => {
    if (attempt < 3) throw new TypeError(`${how} ${attempt}`);
    return how;
  },
});

const all = async (system: VirtualSystem, id: string) => (await system.client.attempts(id)).attempts;

describe('what attempts tell', () => {
  it('is nothing, and costs nothing, where all went well in silence', async () => {
    const system = new VirtualSystem({ quiet });
    const run = await system.client.submit(quiet, 1);
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded' });
    expect(await system.client.attempts(run)).toEqual({ attempts: [] });
  });

  it('is logs, variables and resources of one that spoke', async () => {
    const system = new VirtualSystem({ talking });
    const run = await system.client.submit(talking, { a: 1 });
    await system.drive();
    expect(await all(system, run.id)).toEqual([
      {
        node: 'task',
        attempt: 1,
        outcome: 'succeeded',
        workerId: 'worker-1',
        startedAt: expect.any(String),
        endedAt: expect.any(String),
        durationMs: 0,
        logs: [
          { at: expect.any(String), level: 'info', message: 'begun', fields: { input: { a: 1 } } },
          {
            at: expect.any(String),
            level: 'debug',
            message: 'deeper',
            fields: { part: 2, error: { name: 'RangeError', message: 'small' } },
          },
        ],
        variables: { seen: { a: 1 } },
        resources: {
          peakMemoryMb: expect.any(Number),
          userCpuSeconds: expect.any(Number),
          systemCpuSeconds: expect.any(Number),
          shared: true,
        },
      },
    ]);
    // It is logged as before.
    expect(system.logged('deeper')).toMatchObject([
      { level: 'debug', fields: { task: 'talking', attempt: 1, part: 2 } },
    ]);
  });

  it('is each failure with its cause, and whether another attempt follows', async () => {
    const system = new VirtualSystem({ failing });
    const run = await system.client.submit(failing, 'no');
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', attempt: 3 });
    expect(await all(system, run.id)).toMatchObject([
      { attempt: 1, outcome: 'retrying', error: { type: 'TypeError', message: 'no 1', attempt: 1 } },
      { attempt: 2, outcome: 'retrying', error: { message: 'no 2', workerId: 'worker-1' } },
    ]);
    const last = await system.client.submit(failing, 'no', { maxAttempts: 1 });
    await system.drive();
    expect(await all(system, last.id)).toMatchObject([{ outcome: 'failed', error: { message: 'no 1' } }]);
  });

  it('is what console says below the handler, of each attempt its own', async () => {
    const gates = { a: deferred<void>(), b: deferred<void>() };
    const chatty = defineTask({
      name: 'chatty',
      input: z.enum(['a', 'b']),
      run: async (name) => {
        console.log('%s is here', name);
        await gates[name].promise;
        console.error('gone:', { name });
      },
    });
    const system = new VirtualSystem({ chatty });
    const [a, b] = [await system.client.submit(chatty, 'a'), await system.client.submit(chatty, 'b')];
    const both = [system.executeNext(), system.executeNext()];
    await system.clock.advance(5_000);
    gates.b.resolve();
    gates.a.resolve();
    await Promise.all(both);
    for (const [run, name] of [
      [a, 'a'],
      [b, 'b'],
    ] as const) {
      const [attempt] = await all(system, run.id);
      expect(attempt?.durationMs).toBe(5_000);
      expect(attempt?.logs.map(({ at: _, ...line }) => line)).toEqual([
        { level: 'info', message: `${name} is here`, console: true },
        { level: 'error', message: `gone: { name: '${name}' }`, console: true },
      ]);
    }
  });

  it('is told before the result: who sees that sees this', async () => {
    const system = new VirtualSystem({ talking });
    const run = await system.client.submit(talking, 1);
    const runs: RunStore = Object.create(system.runs, {
      apply: {
        value: async (transition: Parameters<RunStore['apply']>[0]) => {
          if (transition.name === 'commit') expect(await all(system, run.id)).toHaveLength(1);
          return await system.runs.apply(transition);
        },
      },
    });
    await system.executeNext(system.executor('worker-1', runs));
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded' });
    expect.assertions(2);
  });

  it('of the steps of a workflow and the iterations of its loop is kept apart, under one lease too', async () => {
    const count = defineTask({
      name: 'count',
      input: z.int(),
      output: decision({ again: z.int(), done: z.int() }),
      run: (n, { iteration, logger }) => {
        logger.info(`round ${iteration}`);
        return n < 2 ? again(n + 1) : done(n);
      },
    });
    const counting = defineWorkflow('counting', { input: z.int() })
      .step(talking)
      .map('from-zero', () => {
        console.log('mapping');
        return 0;
      })
      .loop('rounds', (b) => b.step(count), { maxIterations: 5 })
      .build();
    const system = new VirtualSystem({ counting });
    const run = await system.client.submit(counting, 7);
    await system.drive();
    const attempts = await all(system, run.id);
    expect(attempts.map(({ iteration, logs, node }) => [node, iteration, logs[0]?.message])).toEqual([
      ['from-zero', undefined, 'mapping'],
      ['rounds/count', 1, 'round 1'],
      ['rounds/count', 2, 'round 2'],
      ['rounds/count', 3, 'round 3'],
      ['talking', undefined, 'begun'],
    ]);
    const page = await system.client.attempts(run, { node: 'rounds/count', limit: 2 });
    expect(page.attempts.map(({ iteration }) => iteration)).toEqual([1, 2]);
    const { cursor = '' } = page;
    const rest = await system.client.attempts(run, { node: 'rounds/count', limit: 2, cursor });
    expect(rest).toMatchObject({ attempts: [{ iteration: 3 }] });
    expect(rest).not.toHaveProperty('cursor');
  });

  it('says yielded of one that is handed back, and goes on in the next one', async () => {
    const patient = defineTask({
      name: 'patient',
      input: z.null(),
      run: async (_, ctx) => {
        ctx.logger.info(`from ${ctx.checkpointed ?? 'the start'}`);
        if (ctx.checkpointed === undefined) {
          await ctx.checkpoint('half');
          await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
          await ctx.checkpoint('more');
        }
        return 'whole';
      },
    });
    const system = new VirtualSystem({ patient });
    const run = await system.client.submit(patient, null);
    const executor = system.executor();
    const first = system.executeNext(executor);
    await system.clock.advance(10);
    executor.shutDown();
    await system.clock.advance(2_000);
    await first;
    await system.drive();
    const attempts = await all(system, run.id);
    expect(attempts.map(({ attempt, logs, outcome }) => [attempt, outcome, logs[0]?.message])).toEqual([
      [1, 'yielded', 'from the start'],
      [1, 'succeeded', 'from more'],
    ]);
  });

  it('says lost of one whose result was refused, instead of what it was about to write', async () => {
    const gate = deferred<void>();
    const slow = defineTask({
      name: 'slow',
      input: z.null(),
      lease: '10s',
      run: async (_, ctx) => {
        ctx.logger.info(`epoch ${ctx.fencingToken}`);
        if (ctx.fencingToken === 1) await gate.promise;
      },
    });
    const system = new VirtualSystem({ slow });
    const run = await system.client.submit(slow, null);
    const message = system.takeMessage();
    // A process that stands still: neither its timers nor what it waits for go on.
    const frozen = { now: () => system.clock.now(), after: () => ({ cancel() {} }) };
    const ports = { ...system.ports('zombie'), clock: frozen };
    const zombie = new Executor(ports, new Statistics()).execute(system.delivery(message));
    await system.clock.advance(16_000);
    await system.executor('worker-2').execute(system.delivery(message));
    gate.resolve();
    expect(await zombie).toEqual({ verdict: 'acknowledge', because: 'lost' });
    expect(await all(system, run.id)).toMatchObject([
      { outcome: 'lost', workerId: 'zombie', logs: [{ message: 'epoch 1' }] },
      { outcome: 'succeeded', workerId: 'worker-2', logs: [{ message: 'epoch 2' }] },
    ]);
  });

  it('ends with the attempt: whoever speaks later is not heard', async () => {
    const late = deferred<void>();
    const told = deferred<void>();
    const task = defineTask({
      name: 'late',
      input: z.null(),
      run: (_, ctx) => {
        ctx.logger.info('in time');
        void late.promise.then(() => {
          ctx.logger.info('too late');
          ctx.setVariable('too-late', 1);
          told.resolve();
        });
      },
    });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    await system.drive();
    late.resolve();
    await told.promise;
    const [attempt] = await all(system, run.id);
    expect(attempt).toMatchObject({ logs: [{ message: 'in time' }], variables: {} });
  });
});

describe('the setting keepAttempts', () => {
  const silent = defineTask({
    name: 'silent',
    input: z.null(),
    run: () => {
      throw new NonRetryableError('no');
    },
  });
  const kept = async (keepAttempts: 'none' | 'failures' | 'told' | 'all') => {
    const system = new VirtualSystem({ quiet, talking, silent }, { keepAttempts });
    const runs = [
      await system.client.submit(quiet, 1),
      await system.client.submit(talking, 1),
      await system.client.submit(silent, null),
    ];
    await system.drive();
    const attempts = await Promise.all(runs.map(({ id }) => all(system, id)));
    return attempts.map((each) => each.length);
  };

  it.each([
    ['none', [0, 0, 0]],
    ['failures', [0, 0, 1]],
    ['told', [0, 1, 1]],
    ['all', [1, 1, 1]],
  ] as const)('%s keeps of a silent one, one that spoke and one that failed: %j', async (setting, counts) => {
    expect(await kept(setting)).toEqual(counts);
  });

  it('all tells the resources of a silent one', async () => {
    const system = new VirtualSystem({ quiet }, { keepAttempts: 'all' });
    const run = await system.client.submit(quiet, 1);
    await system.drive();
    expect(await all(system, run.id)).toMatchObject([
      { outcome: 'succeeded', logs: [], variables: {}, resources: { shared: true } },
    ]);
  });
});

describe('a store that does not keep what an attempt tells', () => {
  const execute = async (put: AttemptStore['put']) => {
    const system = new VirtualSystem({ talking });
    const run = await system.client.submit(talking, 1);
    const ports = { ...system.ports(), attempts: { put } };
    const done = new Executor(ports, new Statistics()).execute(system.delivery(system.takeMessage()));
    await system.clock.advance(5_000);
    expect(await done).toEqual({ verdict: 'acknowledge', because: 'succeeded' });
    return { system, run };
  };

  it('is asked again when it gives no answer, a few times, and costs no result', async () => {
    let asked = 0;
    const { system } = await execute(async () => {
      asked += 1;
      throw new HoldfastError('StoreUnreachable', 'no answer');
    });
    expect(asked).toBe(3);
    expect(system.logged('what the attempt tells is not kept')).toHaveLength(1);
  });

  it('is asked once when it refuses', async () => {
    let asked = 0;
    const { system } = await execute(async () => {
      asked += 1;
      throw new Error('too large');
    });
    expect(asked).toBe(1);
    expect(system.logged('what the attempt tells is not kept')).toMatchObject([{ level: 'warn' }]);
  });

  it('keeps it when it answers again', async () => {
    const records: unknown[] = [];
    await execute(async (_key, record) => {
      if (records.push(record) < 2) throw new HoldfastError('StoreUnreachable', 'no answer');
    });
    expect(records).toHaveLength(2);
  });
});

it('attempts of a run that is not there, and of another tenant, are NotFound', async () => {
  const system = new VirtualSystem({ talking });
  const run = await system.client.submit(talking, 1, { tenant: 'acme' });
  await system.drive();
  expect((await system.client.attempts(run)).attempts).toHaveLength(1);
  for (const options of [{ tenant: 'other' }, { tenant: '-' }])
    await expect(system.client.attempts(run.id, options)).rejects.toMatchObject({ code: 'NotFound' });
  for (const limit of [0, 101, 1.5])
    await expect(system.client.attempts(run, { limit })).rejects.toMatchObject({ field: 'limit' });
  await expect(system.client.attempts(run, { node: 'x'.repeat(513) })).rejects.toMatchObject({
    field: 'node',
  });
});
