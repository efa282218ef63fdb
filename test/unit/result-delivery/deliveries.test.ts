import { defineTask, defineWorkflow } from 'holdfast';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HoldfastError, NonRetryableError } from '../../../lib/model/errors.ts';
import type { RunStore } from '../../../lib/ports/run-store.ts';
import type { ResultEvent } from '../../../lib/result-delivery/event.ts';
import type { ResultSender } from '../../../lib/result-delivery/task.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });
const fails = defineTask({
  name: 'fails',
  input: z.unknown(),
  run: () => {
    throw new NonRetryableError('no luck');
  },
});
const waiting = defineWorkflow('waiting', { input: z.unknown() }).awaitSignal('go').build();
const parent = defineWorkflow('parent', { input: z.unknown() }).child(waiting).build();
/** Outputs that are fine by themselves, and not inside of another value. */
const odd = defineTask({
  name: 'odd',
  input: z.string(),
  run: (shape) => {
    if (shape === 'gaps') return Array.from({ length: 12_000 }, () => undefined);
    let value: unknown = 1;
    for (let depth = 0; depth < 199; depth += 1) value = [value];
    return value;
  },
});
const tasks = { odd, echo, fails, waiting, parent };

const hook = 'https://example.com/hook';

/** What was delivered, and how the next ones go. */
class Receiver implements ResultSender {
  readonly got: { to: string; id: string; event: ResultEvent }[] = [];
  /** Errors for the next ones, in this order. */
  readonly refusals: HoldfastError[] = [];

  async post({ body, id, url }: Parameters<ResultSender['post']>[0]): Promise<number> {
    this.#take(url, id, body);
    return 204;
  }

  async enqueue(queue: string, { body, id, type }: Parameters<ResultSender['enqueue']>[1]): Promise<void> {
    expect(JSON.parse(body).type).toBe(type);
    this.#take(queue, id, body);
  }

  #take(to: string, id: string, body: string): void {
    const refusal = this.refusals.shift();
    if (refusal) throw refusal;
    this.got.push({ to, id, event: JSON.parse(body) });
  }
}

function newSystem() {
  const receiver = new Receiver();
  return { receiver, s: new VirtualSystem(tasks, { webhooks: 'on' }, receiver) };
}

const toBoth = { deliverTo: [{ queue: 'results' }, { webhook: hook }] } as const;

describe('a result is delivered', () => {
  it('to each target, once the run has succeeded', async () => {
    const { receiver, s } = newSystem();
    const run = await s.client.submit(echo, { n: 1 }, { ...toBoth, idempotencyKey: 'k', tenant: 'acme' });
    await s.drive();
    const data = {
      id: run.id,
      tenant: 'acme',
      name: 'echo',
      status: 'succeeded',
      idempotencyKey: 'k',
      output: { n: 1 },
    };
    const event = {
      type: 'run.succeeded',
      timestamp: expect.stringMatching(/Z$/),
      data: expect.objectContaining(data),
    };
    expect(receiver.got).toEqual([
      { to: 'results', id: `${run.id}~to1`, event },
      { to: hook, id: `${run.id}~to2`, event },
    ]);
    const after = await s.client.get(run);
    expect(after).toMatchObject({
      status: 'succeeded',
      deliveries: [
        { id: `${run.id}~to1`, queue: 'results' },
        { id: `${run.id}~to2`, webhook: hook },
      ],
    });
    expect(await s.client.get(`${run.id}~to2`, { tenant: 'acme' })).toMatchObject({
      status: 'succeeded',
      deliveryOf: run.id,
      output: { status: 204 },
    });
  });

  it.each([null, 0, '', false, [], { '': undefined }])('whatever it is: %j', async (value) => {
    const { receiver, s } = newSystem();
    await s.client.submit(echo, value, { deliverTo: [{ queue: 'results' }] });
    await s.drive();
    expect(receiver.got[0]?.event.data.output).toEqual(JSON.parse(JSON.stringify(value)));
  });

  it('without an output, where that is undefined', async () => {
    const { receiver, s } = newSystem();
    await s.client.submit(echo, undefined, { deliverTo: [{ queue: 'results' }] });
    await s.drive();
    expect(receiver.got[0]?.event.data).not.toHaveProperty('output');
  });

  it.each([
    [100_000, { output: 'x'.repeat(100_000) }],
    [300_000, { outputBytes: 300_002 }],
  ])('with an output of %i characters, or how long it is', async (length, data) => {
    const { receiver, s } = newSystem();
    await s.client.submit(echo, 'x'.repeat(length), { deliverTo: [{ queue: 'results' }] });
    await s.drive();
    expect(receiver.got[0]?.event.data).toMatchObject(data);
    expect(Object.keys(receiver.got[0]?.event.data ?? {})).toContain(Object.keys(data)[0]);
  });

  it.each([
    ['nested as deep as can be', 'nest'],
    ['of which much is undefined', 'gaps'],
  ])('without an output %s: it says how long that is', async (_, shape) => {
    const { receiver, s } = newSystem();
    const run = await s.client.submit(odd, shape, { deliverTo: [{ queue: 'results' }] });
    await s.drive();
    const { data } = receiver.got[0]?.event ?? {};
    expect(data).toMatchObject({ id: run.id, status: 'succeeded', outputBytes: expect.any(Number) });
    expect(data).not.toHaveProperty('output');
    expect(await s.stored(run.id)).toMatchObject({ phase: 'succeeded' });
  });

  it('in characters that SQS takes', async () => {
    const bodies: string[] = [];
    const s = new VirtualSystem(
      tasks,
      {},
      {
        post: async () => 204,
        enqueue: async (__, { body }) => void bodies.push(body),
      },
    );
    const value = '\u0000\u001f\ud800\ufffe\uffff\ufffd😀';
    await s.client.submit(echo, value, { deliverTo: [{ queue: 'results' }] });
    await s.drive();
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    expect(bodies[0]).toMatch(/^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]+$/u);
    expect(JSON.parse(bodies[0] ?? '').data.output).toBe(value);
  });

  it('that is a failure', async () => {
    const { receiver, s } = newSystem();
    await s.client.submit(fails, 1, { deliverTo: [{ queue: 'results' }] });
    await s.drive();
    expect(receiver.got[0]?.event).toMatchObject({
      type: 'run.failed',
      data: { status: 'failed', error: { type: 'NonRetryableError', message: 'no luck' } },
    });
  });

  it('that is a cancel, and that of one that depended on it', async () => {
    const { receiver, s } = newSystem();
    const run = await s.client.submit(waiting, 1, { deliverTo: [{ queue: 'results' }] });
    const other = await s.client.submit(echo, 2, {
      deliverTo: [{ queue: 'others' }],
      dependsOn: [run],
      onDependencyFailure: 'skip',
    });
    await s.client.cancel(run);
    await s.drive();
    const events = receiver.got.map(({ event: { data, type }, to }) => [to, type, data.id]);
    expect(events.sort()).toEqual([
      ['others', 'run.skipped', other.id],
      ['results', 'run.cancelled', run.id],
    ]);
  });

  it('of a child run to its parent, and of the parent to its target', async () => {
    const { receiver, s } = newSystem();
    const run = await s.client.submit(parent, 1, { deliverTo: [{ queue: 'results' }] });
    await s.drive();
    const inner = (await s.client.get(run)).nodes?.[0]?.child?.id ?? '';
    await s.client.signal(inner, 'go', 7);
    await s.drive();
    expect(receiver.got.map(({ event }) => event.data)).toMatchObject([{ id: run.id, output: 7 }]);
  });

  it('also when whoever ended the run is cut off before it begins', async () => {
    const { receiver, s } = newSystem();
    const run = await s.client.submit(echo, 1, toBoth);
    let isCut = false;
    const { runs } = s;
    const cut: RunStore = {
      create: async (creation) => {
        if (isCut) throw new HoldfastError('StoreUnreachable', 'cut off');
        isCut = creation.run.deliveryOf !== undefined;
        return await runs.create(creation);
      },
      createAll: (creations) => runs.createAll(creations),
      apply: (transition) => runs.apply(transition),
      applyUnread: (transition) => runs.applyUnread(transition),
      get: (key) => runs.get(key),
      getMany: (keys) => runs.getMany(keys),
      query: (query) => runs.query(query),
    };
    await s.executeNext(s.executor('worker-1', cut));
    expect(isCut).toBe(true);
    expect(await s.stored(run.id)).toMatchObject({ phase: 'ending' });
    s.queue.drain();
    await passMinutes(s, 5);
    expect(await s.stored(run.id)).toMatchObject({ phase: 'succeeded' });
    expect(receiver.got.map(({ id }) => id).sort()).toEqual([`${run.id}~to1`, `${run.id}~to2`]);
  });
});

/** With a discovery in each. */
async function passMinutes(s: VirtualSystem, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    await s.clock.advance(60_000);
    await s.discover();
    await s.drive();
  }
}

const broken = () => new HoldfastError('WebhookFailed', 'The webhook answered 500');

describe('a delivery that fails', () => {
  it('is made again, with the same id, and says why', async () => {
    const { receiver, s } = newSystem();
    receiver.refusals.push(broken(), broken());
    const run = await s.client.submit(echo, 1, { deliverTo: [{ webhook: hook }] });
    await s.executeNext();
    await s.executeNext();
    expect(await s.client.get(`${run.id}~to1`)).toMatchObject({
      status: 'ready',
      attempt: 1,
      error: { code: 'WebhookFailed', message: 'The webhook answered 500' },
    });
    await s.drive();
    expect(receiver.got.map(({ id }) => id)).toEqual([`${run.id}~to1`]);
    const { attempts } = await s.client.attempts(`${run.id}~to1`);
    expect(attempts).toMatchObject([1, 2].map((attempt) => ({ attempt, error: { code: 'WebhookFailed' } })));
  });

  it('for good is seen among the runs that failed, and is redriven under its id', async () => {
    const { receiver, s } = newSystem();
    receiver.refusals.push(...Array.from({ length: 12 }, broken));
    const run = await s.client.submit(echo, 1, { deliverTo: [{ webhook: hook }] });
    await s.drive();
    await passMinutes(s, 24 * 60);
    const dead = await s.client.list({ status: 'failed', name: 'holdfast.deliver-result' });
    expect(dead.runs).toMatchObject([{ id: `${run.id}~to1`, deliveryOf: run.id, attempt: 12 }]);
    expect(receiver.got).toEqual([]);
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded' });
    await s.client.retryAll({ name: 'holdfast.deliver-result' });
    await s.drive();
    expect(receiver.got.map(({ id }) => id)).toEqual([`${run.id}~to1`]);
  });

  it('because it may not be made at all is not tried again, and cannot be edited', async () => {
    const { receiver, s } = newSystem();
    receiver.refusals.push(new HoldfastError('WebhookRefused', 'private'));
    const run = await s.client.submit(echo, 1, { deliverTo: [{ webhook: hook }] });
    await s.drive();
    const delivery = `${run.id}~to1`;
    expect(await s.client.get(delivery)).toMatchObject({ status: 'failed', attempt: 1 });
    const forged = { id: delivery, target: { queue: 'results' }, event: { type: 'run.failed' } };
    await expect(s.client.retry(delivery, { input: forged })).rejects.toMatchObject({
      code: 'InvalidArgument',
      field: 'input',
    });
  });
});

describe('a target is refused at submission', () => {
  const refusedAs = async (deliverTo: unknown, webhooks: 'on' | 'off' = 'on') => {
    const s = new VirtualSystem(tasks, { webhooks }, new Receiver());
    const error = await s.client.submit(echo, 1, { deliverTo: deliverTo as never }).catch((e: unknown) => e);
    expect((await s.client.list()).runs).toEqual([]);
    return error;
  };

  it.each([
    [
      'more than four',
      Array.from({ length: 5 }, () => ({ queue: 'results' })),
      'InvalidArgument',
      'deliverTo',
    ],
    ['one without either', [{ queue: 'results' }, {}], 'InvalidArgument', 'deliverTo.1'],
    ['one with both', [{ queue: 'results', webhook: hook }], 'InvalidArgument', 'deliverTo.0'],
    ['an unknown queue', [{ queue: 'nowhere' }], 'UnknownQueue', 'deliverTo.0.queue'],
    ['a name that every object has', [{ queue: 'constructor' }], 'UnknownQueue', 'deliverTo.0.queue'],
    ['plain http', [{ webhook: 'http://example.com' }], 'InvalidArgument', 'deliverTo.0.webhook'],
  ])('%s', async (_, targets, code, field) => {
    expect(await refusedAs(targets)).toMatchObject({ code, field });
  });

  it('an unknown queue, naming those that are known', async () => {
    expect(await refusedAs([{ queue: 'nowhere' }])).toMatchObject({
      message: 'Results cannot be delivered to a queue named "nowhere" (known: results, others)',
    });
  });

  it('any webhook, where they are off', async () => {
    expect(await refusedAs([{ webhook: hook }], 'off')).toMatchObject({
      code: 'WebhooksOff',
      field: 'deliverTo.0.webhook',
    });
  });

  it('tells it from the same submission without it', async () => {
    const { s } = newSystem();
    await s.client.submit(echo, 1, { idempotencyKey: 'k' });
    await expect(s.client.submit(echo, 1, { idempotencyKey: 'k', ...toBoth })).rejects.toMatchObject({
      code: 'IdempotencyConflict',
    });
  });
});

it('leaves the names of built-in tasks to these', () => {
  const own = defineTask({ name: 'holdfast.deliver-result', input: z.unknown(), run: () => 1 });
  expect(() => new VirtualSystem({ own })).toThrow(expect.objectContaining({ code: 'InvalidName' }));
});
