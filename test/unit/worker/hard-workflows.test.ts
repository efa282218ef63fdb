import { type Body, defineTask, defineWorkflow, done } from 'holdfast';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { toExpressions } from '../../../lib/dynamodb/expressions.ts';
import type { Transition } from '../../../lib/model/transition.ts';
import { deferred, VirtualSystem } from '../../support/virtual-system.ts';

const anything = z.unknown();
const same = defineTask({ name: 'same', input: anything, run: (value: unknown) => value });

/** Sees each write on its way. */
function watching(system: VirtualSystem, before: (transition: Transition) => unknown): string[] {
  const names: string[] = [];
  const apply = system.runs.apply.bind(system.runs);
  system.runs.apply = async (transition) => {
    await before(transition);
    const result = await apply(transition);
    names.push(`${transition.name}${result.applied ? '' : ' refused'}`);
    return result;
  };
  return names;
}

/** The limit of a condition, and of an update. */
const expressionCharsMax = 4_096;

describe('every write of the widest workflows fits into an expression', () => {
  const row =
    (elements: number): Body<unknown> =>
    (b) => {
      let chain = b.map('m0', (value) => value);
      for (let index = 1; index < elements; index++)
        chain = chain.map(`m${index}` as never, (value) => value);
      return chain;
    };
  const fork = <Value>(width: number, body: Body<Value>) =>
    Object.fromEntries(Array.from({ length: width }, (_, index) => [`b${index}`, body]));
  const sized = (system: VirtualSystem) => {
    const largest = { chars: 0, name: '' };
    watching(system, (transition) => {
      const { ConditionExpression, UpdateExpression = '' } = toExpressions(transition);
      const chars = Math.max(ConditionExpression.length, UpdateExpression.length);
      if (chars > largest.chars) Object.assign(largest, { chars, name: transition.name });
    });
    return largest;
  };

  it.each([
    [
      'a wide fork after another',
      defineWorkflow('twice', { input: anything })
        .fork(fork(64, row(4)))
        .join('one', (): unknown => 1)
        .fork(fork(64, row(2)))
        .join('two', () => 2)
        .build(),
    ],
    [
      'a loop around a wide fork of long branches',
      defineWorkflow('rounds', { input: anything })
        .loop(
          'round',
          (b) =>
            b
              .fork(fork(63, row(10)))
              .join('all', () => 0)
              .map('more', () => done(1)),
          { maxIterations: 2, onMax: 'exitWithLast' },
        )
        .build(),
    ],
    [
      'a wide fork of loops',
      defineWorkflow('loops', { input: anything })
        .fork(fork(32, (b) => b.loop('l', (c) => c.map('x', (value) => done(value)), { maxIterations: 2 })))
        .join('all', () => 0)
        .build(),
    ],
  ])('%s', { timeout: 60_000 }, async (_what, workflow) => {
    const system = new VirtualSystem({ workflow });
    const largest = sized(system);
    const run = await system.client.submit(workflow, 1);
    await system.drive(400);
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded' });
    expect(largest.chars, largest.name).toBeLessThanOrEqual(expressionCharsMax);
  });

  it('a look at a fork whose holders have all crashed, and its cancel', { timeout: 60_000 }, async () => {
    const hanging = defineTask({ name: 'hanging', input: anything, run: () => new Promise<never>(() => {}) });
    const wide = defineWorkflow('wide', { input: anything })
      .fork(fork(64, (b) => b.step(hanging)))
      .join('all', () => 0)
      .build();
    const system = new VirtualSystem({ wide });
    const largest = sized(system);
    const run = await system.client.submit(wide, 1);
    const frozen = { now: () => system.clock.now(), after: () => ({ cancel() {} }) };
    const { Executor } = await import('../../../lib/worker/executor.ts');
    const { Statistics } = await import('../../../lib/worker/statistics.ts');
    for (const { message } of system.queue.drain()) {
      const crashed = new Executor({ ...system.ports(), clock: frozen }, new Statistics());
      void crashed.execute(system.delivery(message));
    }
    await system.clock.advance(120_000);
    expect(await system.discover()).toMatchObject({ tended: 1, sent: 64, failures: 0 });
    await system.client.cancel(run);
    expect(await system.client.get(run)).toMatchObject({ status: 'cancelled' });
    expect(largest.chars, largest.name).toBeLessThanOrEqual(expressionCharsMax);
  });
});

describe('a node that is gone on with', () => {
  const starting = deferred<void>();
  const slow = defineTask({
    name: 'slow',
    input: anything,
    retry: { maxAttempts: 1 },
    run: async (_value: unknown, ctx) => {
      starting.resolve();
      if (ctx.remainingMs() < 0) return 'never';
      return await new Promise((resolve, reject) => {
        if (ctx.signal.aborted) reject(ctx.signal.reason);
        ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason));
        if (ctx.attempt === 1 && ctx.fencingToken > 1) resolve('in time');
      });
    },
  });
  const flow = defineWorkflow('flow', { input: anything }).step(same).step(slow).build();

  it('is not charged for the time that others took: it comes again, with an invocation of its own', async () => {
    const system = new VirtualSystem({ flow });
    const run = await system.client.submit(flow, 1);
    const executing = system.executeNext(system.executor(), {
      endsAt: system.clock.now() + 70_000,
      marginMs: 60_000,
    });
    for (let second = 0; second < 70; second++) await system.clock.advance(1_000);
    expect(await executing).toMatchObject({ because: 'yielded' });
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', output: 'in time' });
  });

  it('is told of a shutdown that came while it was being opened', async () => {
    const system = new VirtualSystem({ flow });
    const run = await system.client.submit(flow, 1);
    const executor = system.executor();
    watching(system, ({ name }) => {
      if (name === 'commit') executor.shutDown();
    });
    const executing = system.executeNext(executor);
    await system.clock.advance(60_000);
    expect(await executing).toMatchObject({ because: 'yielded' });
    expect((await system.stored(run.id)).nodes['slow' as never]).toMatchObject({
      status: 'ready',
      attempt: 0,
    });
  });
});

it('each of two forks that end at once is joined by its own last holder', async () => {
  const gate = deferred<void>();
  const slow = defineTask({ name: 'slow', input: anything, run: () => gate.promise });
  const two = (b: Parameters<Body<unknown>>[0]) =>
    b.fork({ x: (c) => c.map('m', (v) => v), y: (c) => c.map('m', (v) => v) });
  const nested = defineWorkflow('nested', { input: anything })
    .fork({
      a: (b) =>
        two(b)
          .join('fa', () => 'A')
          .step(slow),
      b: (b) => two(b).join('fb', () => 'B'),
    })
    .join('all', (outputs) => outputs)
    .build();
  const system = new VirtualSystem({ nested });
  const run = await system.client.submit(nested, 1);
  const all = deferred<void>();
  let commits = 0;
  watching(system, async ({ name }) => {
    if (name === 'pathCommit' && ++commits === 4) setImmediate(all.resolve);
    if (name === 'join') await all.promise;
  });
  const messages = system.queue.drain().map(({ message }) => message);
  const executing = messages.map((message, index) =>
    system.executor(`worker-${index}`).execute(system.delivery(message)),
  );
  await expect.poll(async () => (await system.stored(run.id)).nodes['all/b/fb' as never]).toBeDefined();
  gate.resolve();
  await Promise.all(executing);
  await system.drive();
  expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', output: { b: 'B' } });
});

it('a result that cannot be written fails its node with the cause, and its handler runs once', async () => {
  let runs = 0;
  const counted = defineTask({ name: 'counted', input: anything, run: () => ++runs });
  const flow = defineWorkflow('flow', { input: anything }).step(counted).step(same).build();
  const system = new VirtualSystem({ flow });
  const run = await system.client.submit(flow, 1);
  watching(system, ({ name, updates }) => {
    const opens = updates.some((update) => 'value' in update && update.set[1] === 'same');
    if (name === 'commit' && opens)
      throw Object.assign(new Error('Expression size has exceeded'), { name: 'ValidationException' });
  });
  expect(await system.executeNext()).toMatchObject({ because: 'failed' });
  expect(await system.client.get(run)).toMatchObject({
    status: 'failed',
    error: { type: 'ValidationException', message: 'Expression size has exceeded' },
  });
  expect(runs).toBe(1);
});

it('a key that is longer than any route takes the other way, and is not kept', async () => {
  const route = defineWorkflow('route', { input: z.string() })
    .branch(
      'way',
      (text) => text,
      { short: (b) => b.map('s', () => 'short') },
      (b) => b.map('o', () => 'other'),
    )
    .build();
  const system = new VirtualSystem({ route });
  const run = await system.client.submit(route, 'x'.repeat(300_000));
  await system.drive();
  const view = await system.client.get(run);
  expect(view).toMatchObject({ status: 'succeeded', output: 'other' });
  expect(view.nodes?.find(({ id }) => id === 'way')?.decision).toHaveLength(80);
});

it('a decision where no loop asks for one is named so', async () => {
  const early = defineWorkflow('early', { input: anything })
    .map('early', () => done(1) as unknown)
    .build();
  const system = new VirtualSystem({ early });
  const run = await system.client.submit(early, 1);
  await system.drive();
  expect(await system.client.get(run)).toMatchObject({
    status: 'failed',
    error: { code: 'NoDecision', message: expect.stringContaining('ends no iteration') },
  });
});

it('values lie apart for as long as the delays of their workflow can last', async () => {
  const years = defineWorkflow('years', { input: anything })
    .map('large', () => 'x'.repeat(3_000))
    .delay('first', '366d')
    .loop('then', (b) => b.delay('second', '300d').map('enough', (value) => done(value)), {
      maxIterations: 2,
    })
    .build();
  const system = new VirtualSystem({ years });
  const expiries: number[] = [];
  const put = system.payloads.put.bind(system.payloads);
  system.payloads.put = async (key, name, text, ...rest) => {
    expiries.push(Number(rest[0 as never]));
    return await put(key, name, text);
  };
  const begin = system.clock.now();
  await system.client.submit(years, 'y'.repeat(3_000));
  await system.executeNext();
  expect(expiries).toHaveLength(2);
  for (const expiry of expiries) expect(expiry - begin).toBeGreaterThan((366 + 600) * 86_400_000);
});

it('a repeated submission rings for the run that is there, also after a deploy', async () => {
  const first = defineWorkflow('flow', { input: anything }).step(same).build();
  const second = defineWorkflow('flow', { input: anything, version: 2 }).step(same, { id: 'other' }).build();
  const system = new VirtualSystem({ first, second });
  const run = await system.client.submit(first, 1, { idempotencyKey: 'k' });
  system.queue.drain();
  const again = await system.client.submit(second, 1, { idempotencyKey: 'k' });
  expect(again.id).toBe(run.id);
  expect(system.takeMessage()).toMatchObject({ node: 'same', hash: first.hash });
});
