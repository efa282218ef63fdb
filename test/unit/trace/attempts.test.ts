import { SpanStatusCode, trace } from '@opentelemetry/api';
import { type Context, defineTask, defineWorkflow } from 'holdfast';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HoldfastError } from '../../../lib/model/errors.ts';
import type { Transition } from '../../../lib/model/transition.ts';
import { Executor } from '../../../lib/worker/executor.ts';
import { Statistics } from '../../../lib/worker/statistics.ts';
import { RecordedSpans } from '../../support/telemetry.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

let spans: RecordedSpans;
beforeEach(() => {
  spans = new RecordedSpans();
});
afterEach(() => spans[Symbol.dispose]());

/** A task that the test ends. */
function held(options: { timeout?: '40s'; heedsSignal?: boolean; limit?: { concurrency: number } } = {}) {
  const starts: { ctx: Context; done: (value: string) => void }[] = [];
  const task = defineTask({
    name: 'held',
    input: z.null(),
    lease: '30s',
    ...(options.timeout && { timeout: options.timeout }),
    ...(options.limit && { limit: options.limit }),
    retry: { maxAttempts: 2, backoff: '10s' },
    run: (_, ctx) =>
      new Promise<string>((resolve, reject) => {
        starts.push({ ctx, done: resolve });
        if (options.heedsSignal) ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason));
      }),
  });
  return { task, starts };
}

const isLimited = ({ attributes }: RecordedSpans['all'][number]) =>
  attributes['holdfast.settled'] === 'limited';

/** Milliseconds: of the virtual clock. */
const times = ({ endTime, startTime }: { startTime: [number, number]; endTime: [number, number] }) =>
  [startTime, endTime].map(([seconds, nanos]) => seconds * 1_000 + nanos / 1_000_000);

const oneTrace = () => expect(new Set(spans.all.map((span) => span.spanContext().traceId)).size).toBe(1);

describe('the spans of an attempt', () => {
  it('lie below the submission, each as long as what it tells of', async () => {
    const { task, starts } = held();
    const system = new VirtualSystem({ task });
    const began = system.clock.now();
    const run = await system.client.submit(task, null);
    await system.clock.advance(4_000);
    const executing = system.executeNext();
    await system.clock.advance(25_000);
    starts[0]?.done('done');
    await executing;
    expect(spans.tree().sort()).toEqual([
      'process held > claim held',
      'process held > commit held',
      'process held > handle held',
      'submit held',
      'submit held > process held',
      'submit held > wait held',
    ]);
    expect(times(spans.one('wait held'))).toEqual([began, began + 4_000]);
    expect(times(spans.one('handle held'))).toEqual([began + 4_000, began + 29_000]);
    expect(times(spans.one('process held'))).toEqual([began + 4_000, began + 29_000]);
    expect(spans.one('process held').attributes).toEqual({
      'messaging.system': 'holdfast',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'default',
      'messaging.message.conversation_id': run.id,
      'holdfast.run': run.id,
      'holdfast.node': 'task',
      'holdfast.task': 'held',
      'holdfast.attempt': 1,
      'holdfast.epoch': 1,
      'holdfast.settled': 'succeeded',
    });
    expect(spans.one('submit held').attributes).toMatchObject({ 'holdfast.run': run.id });
    const events = spans.one('process held').events.map(({ name }) => name);
    expect(events).toEqual(['holdfast.lease.renewed', 'holdfast.lease.renewed']);
    expect(spans.open).toEqual(new Set());
  });

  it('of a retry begin where it was due', async () => {
    const task = defineTask({
      name: 'second',
      input: z.null(),
      retry: { maxAttempts: 2, backoff: '10s' },
      run: (_, { attempt }) => {
        if (attempt === 1) throw new RangeError('not yet');
      },
    });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    await system.executeNext();
    const due = (await system.node(run.id)).notBefore;
    await system.clock.advance(60_000);
    await system.executeNext();
    const [first, second] = spans.named('process second');
    expect(first).toMatchObject({
      attributes: { 'holdfast.attempt': 1, 'holdfast.settled': 'retrying', 'error.type': 'RangeError' },
      status: { code: SpanStatusCode.ERROR, message: 'RangeError' },
    });
    expect(second).toMatchObject({
      attributes: { 'holdfast.attempt': 2, 'holdfast.settled': 'succeeded' },
      status: { code: SpanStatusCode.UNSET },
    });
    expect(due).toBeGreaterThan(system.clock.now() - 60_000);
    expect(spans.named('wait second').map(times)[1]).toEqual([due, system.clock.now()]);
    expect(spans.named('handle second')[0]?.status.code).toBe(SpanStatusCode.ERROR);
    expect(spans.named('commit second').map(({ status }) => status.code)).toEqual([0, 0]);
    oneTrace();
  });

  it('link to what is active where the message is received, which is of another trace', async () => {
    const task = defineTask({ name: 'quick', input: z.null(), run: () => null });
    const system = new VirtualSystem({ task });
    await system.client.submit(task, null);
    await trace.getTracer('lambda').startActiveSpan('invocation', async (span) => {
      await system.executeNext();
      span.end();
    });
    const invocation = spans.one('invocation').spanContext();
    expect(spans.one('process quick').links.map(({ context }) => context.spanId)).toEqual([
      invocation.spanId,
    ]);
    expect(spans.one('process quick').spanContext().traceId).not.toBe(invocation.traceId);
  });

  it('of a child run are below the node that started it', async () => {
    const leaf = defineTask({ name: 'leaf', input: z.null(), run: () => null });
    const inner = defineWorkflow('inner', { input: z.null() }).step(leaf).build();
    const outer = defineWorkflow('outer', { input: z.null() }).child(inner, { id: 'kid' }).build();
    const system = new VirtualSystem({ inner, outer });
    await system.client.submit(outer, null);
    await system.drive();
    expect(spans.tree()).toEqual(
      expect.arrayContaining([
        'submit outer > process kid',
        'process kid > submit inner',
        'submit inner > process leaf',
        'process leaf > handle leaf',
      ]),
    );
    oneTrace();
    expect(spans.open).toEqual(new Set());
  });

  it('of a batch are below one submission', async () => {
    const task = defineTask({ name: 'each', input: z.null(), run: () => null });
    const system = new VirtualSystem({ task });
    await system.client.submitAll([
      { ref: 'one', task, input: null },
      { ref: 'two', task, input: null },
    ]);
    await system.drive();
    expect(spans.one('submit batch').attributes['messaging.batch.message_count']).toBe(2);
    expect(spans.tree().filter((path) => path === 'submit batch > process each')).toHaveLength(2);
  });
});

describe('spans end', () => {
  it('with a timeout, although the handler goes on', async () => {
    const { task, starts } = held({ timeout: '40s' });
    const system = new VirtualSystem({ task });
    await system.client.submit(task, null, { maxAttempts: 1 });
    const executing = system.executeNext();
    await system.clock.advance(60_000);
    await executing;
    expect(spans.open).toEqual(new Set());
    const told = { attributes: { 'error.type': 'TimedOut' }, status: { code: SpanStatusCode.ERROR } };
    expect(spans.one('handle held')).toMatchObject(told);
    expect(spans.one('process held')).toMatchObject(told);
    const ended = spans.all.length;
    starts[0]?.done('too late');
    await system.clock.advance(1_000);
    expect(spans.all).toHaveLength(ended);
  });

  it('with a lost lease, found out at its end: the heir is in the same trace, from the end of that lease on', async () => {
    const { task, starts } = held();
    const system = new VirtualSystem({ task });
    await system.client.submit(task, null);
    const message = system.takeMessage();
    const claimed = system.clock.now();
    const zombie = system.executor('zombie').execute(system.delivery(message));
    await system.clock.advance(0);
    system.clock.freeze(36_000);
    const heir = system.executor('heir').execute(system.delivery(message));
    await Promise.resolve();
    starts[0]?.done('late');
    await zombie;
    await system.clock.advance(0);
    starts[1]?.done('mine');
    await heir;
    const [lost, taken] = spans.named('process held');
    expect(lost).toMatchObject({
      attributes: { 'holdfast.settled': 'lost', 'error.type': 'LeaseLost', 'holdfast.epoch': 1 },
      status: { code: SpanStatusCode.ERROR },
    });
    expect(taken?.attributes).toMatchObject({
      'holdfast.settled': 'succeeded',
      'holdfast.taken_over': true,
      'holdfast.epoch': 2,
    });
    expect(spans.named('wait held').map(times)[1]).toEqual([claimed + 30_000, claimed + 36_000]);
    expect(spans.open).toEqual(new Set());
    oneTrace();
  });

  it('with a lost lease, found out by a renewal: nothing is committed', async () => {
    const { task } = held();
    const system = new VirtualSystem({ task });
    await system.client.submit(task, null);
    const executing = system.executeNext();
    await system.clock.advance(0);
    unanswered(system, () => true);
    await system.clock.advance(60_000);
    await executing;
    expect(spans.one('handle held').attributes).toEqual({ 'error.type': 'LeaseLost' });
    expect(spans.one('process held').attributes).toMatchObject({ 'holdfast.settled': 'lost' });
    expect(spans.named('commit held')).toEqual([]);
    expect(spans.open).toEqual(new Set());
  });

  it('where the result cannot be written', async () => {
    const task = defineTask({ name: 'quick', input: z.null(), run: () => null });
    const system = new VirtualSystem({ task });
    await system.client.submit(task, null);
    unanswered(system, ({ name }) => name !== 'claim');
    const executing = system.executeNext();
    const refused = expect(executing).rejects.toMatchObject({ code: 'StoreUnreachable' });
    await system.clock.advance(600_000);
    await refused;
    for (const name of ['commit quick', 'process quick'])
      expect(spans.one(name).attributes).toMatchObject({ 'error.type': 'StoreUnreachable' });
    expect(spans.one('handle quick').status.code).toBe(SpanStatusCode.UNSET);
    expect(spans.open).toEqual(new Set());
  });

  it('with a cancel that aborts', async () => {
    const { task } = held({ heedsSignal: true });
    const system = new VirtualSystem({ task });
    const run = await system.client.submit(task, null);
    const executing = system.executeNext();
    await system.clock.advance(0);
    await system.client.cancel(run, { mode: 'abort' });
    await system.clock.advance(20_000);
    await executing;
    expect(spans.one('handle held').attributes).toEqual({ 'error.type': 'Cancelled' });
    expect(spans.one('process held')).toMatchObject({
      attributes: { 'holdfast.settled': 'cancelled' },
      status: { code: SpanStatusCode.UNSET },
    });
    expect(spans.open).toEqual(new Set());
  });

  it('with a worker that died: it has none, the next attempt has', async () => {
    const { task, starts } = held();
    const system = new VirtualSystem({ task });
    await system.client.submit(task, null);
    const message = system.takeMessage();
    // Nothing of it ever comes any further: no timer fires, no handler returns.
    const dead = { now: () => system.clock.now(), after: () => ({ cancel() {} }) };
    const ports = { ...system.ports('dead'), clock: dead };
    void new Executor(ports, new Statistics()).execute(system.delivery(message));
    await system.clock.advance(36_000);
    const heir = system.executor('heir').execute(system.delivery(message));
    await system.clock.advance(0);
    starts[1]?.done('done');
    await heir;
    expect(spans.named('process held').map(({ attributes }) => attributes['holdfast.attempt'])).toEqual([2]);
    for (const part of ['wait', 'claim', 'handle', 'commit'])
      expect(spans.named(`${part} held`)).toHaveLength(1);
    oneTrace();
  });
});

describe('a limit', () => {
  it('has an event where it was reached, and a span from then on to when it let the attempt begin', async () => {
    const { task, starts } = held({ limit: { concurrency: 1 } });
    const system = new VirtualSystem({ task });
    await system.client.submit(task, null);
    await system.client.submit(task, null);
    const first = system.executeNext();
    await system.clock.advance(5_000);
    const reached = system.clock.now();
    await system.executeNext();
    await system.clock.advance(5_000);
    starts[0]?.done('first');
    await first;
    const second = system.executeNext();
    await system.clock.advance(0);
    starts[1]?.done('second');
    await second;
    const limited = spans.named('process held').filter(isLimited);
    expect(limited).toMatchObject([
      {
        attributes: { 'holdfast.settled': 'limited' },
        status: { code: SpanStatusCode.UNSET },
        events: [{ name: 'holdfast.limit.reached', attributes: { 'holdfast.limit': 'held' } }],
      },
    ]);
    expect(times(spans.one('limit held'))).toEqual([reached, reached + 5_000]);
    expect(spans.named('handle held')).toHaveLength(2);
    expect(spans.open).toEqual(new Set());
  });
});

it('nothing of what goes in, comes out, is thrown, kept or told is in a span', async () => {
  const canary = 'canary-4711';
  class Telling extends Error {
    override readonly name = canary;
    readonly code = canary;
  }
  let attempts = 0;
  const task = defineTask({
    name: 'secretive',
    input: z.object({ key: z.string() }),
    output: z.string(),
    limit: { name: 'keyed', key: ({ key }) => key, concurrency: 5 },
    retry: { maxAttempts: 4, backoff: '0ms' },
    run: async ({ key }, ctx) => {
      attempts += 1;
      ctx.progress(key);
      ctx.setVariable('key', key);
      ctx.logger.info(key);
      await ctx.checkpoint(key);
      if (attempts === 1) throw new Telling(key);
      if (attempts === 2)
        throw Object.assign(new Error(key, { cause: key }), { name: `${key} is not a name` });
      if (attempts === 3) throw key;
      return key;
    },
  });
  const system = new VirtualSystem({ task });
  await system.client.submit(task, { key: canary }, { idempotencyKey: canary });
  await system.client.submit(task, { key: 1, [canary]: canary } as never).catch(() => undefined);
  await system.drive();
  expect(attempts).toBe(4);
  expect(spans.named('submit secretive').length).toBeGreaterThanOrEqual(2);
  const types = spans.named('process secretive').map(({ attributes }) => attributes['error.type']);
  expect(types).toEqual(['Telling', 'Error', 'NonError', undefined]);
  const told = spans.all.map(({ attributes, events, links, name, status }) => ({
    attributes,
    events,
    links,
    name,
    status,
  }));
  expect(JSON.stringify(told)).not.toContain(canary);
});

/** Transitions that get no answer from the store, and are not made. */
function unanswered({ runs }: VirtualSystem, which: (transition: Transition) => boolean): void {
  const apply = runs.apply.bind(runs);
  runs.apply = async (transition) => {
    if (which(transition)) throw new HoldfastError('StoreUnreachable', 'no answer');
    return await apply(transition);
  };
}
