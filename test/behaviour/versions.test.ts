import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { directClient } from '../../lib/client/direct-client.ts';
import { Registry } from '../../lib/define/registry.ts';
import { defineTask } from '../../lib/define/task.ts';
import { defineWorkflow } from '../../lib/define/workflow/define-workflow.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import type { NodeId } from '../../lib/model/ids.ts';
import type { DispatchMessage } from '../../lib/model/message.ts';
import type { Queue } from '../../lib/ports/queue.ts';
import { deafQueue, Workbench } from '../support/workbench.ts';

const begin = defineTask({ name: 'begin', input: z.number(), run: (n) => n + 1 });
const older = defineTask({ name: 'older', input: z.number(), run: (n) => `old ${n}` });
const newer = defineTask({ name: 'newer', input: z.number(), run: (n) => `new ${n}` });
/** The same task, declared where its handler is not. */
const olderDeclared = defineTask({ name: 'older', input: z.number(), output: z.string() });

const input = { input: z.number() };
const order1 = defineWorkflow('order', { ...input, version: 1 })
  .step(begin)
  .delay('rest', '1s')
  .step(older)
  .build();
const order2 = defineWorkflow('order', { ...input, version: 2 })
  .step(begin)
  .delay('rest', '1s')
  .step(newer)
  .build();
const declared = defineWorkflow('order', { ...input, version: 1 })
  .step(begin)
  .delay('rest', '1s')
  .step(olderDeclared)
  .build();

let runtime: LocalRuntime;

beforeAll(async () => {
  // These tests deliver every message themselves.
  runtime = await startLocal({ tasks: { begin }, port: 0, settings: { discoveryPeriod: '1h' } });
});
afterAll(() => runtime.close());

/** An executor of another deployment on the same table, that sends to nobody. */
function deployment(tasks: Record<string, unknown>) {
  const bench = new Workbench(runtime.env, tasks);
  const sent: DispatchMessage[] = [];
  const queue: Queue = {
    ...deafQueue,
    send: async (dispatches) => {
      sent.push(...dispatches.map(({ message }) => message));
      return [];
    },
  };
  const ports = { ...bench.composition, queue, registry: Registry.fromModule(tasks) };
  const client = directClient(ports);
  const deliver = (message: DispatchMessage) =>
    bench.executor('worker', { queue }).execute({ message, endsAt: Number.POSITIVE_INFINITY, marginMs: 0 });
  return { client, sent, deliver };
}

const at = (message: DispatchMessage, node: string) => ({ ...message, node: node as NodeId });

describe('several versions of one workflow', () => {
  it('new runs get the highest, old runs keep theirs', async () => {
    const before = deployment({ order1 });
    const run = await before.client.submitByName('order', 1);
    const [message] = before.sent;
    if (!message) throw new Error('no message was sent');
    await before.deliver(message);
    expect(await before.client.get(run)).toMatchObject({ status: 'ready', hash: order1.hash });

    const both = deployment({ order1, order2 });
    const next = await both.client.submitByName('order', 1);
    expect(next.hash).toBe(order2.hash);
    const [second] = both.sent;
    if (!second) throw new Error('no message was sent');
    await both.deliver(second);
    await expect
      .poll(() => both.deliver(at(message, 'rest')), { timeout: 10_000, interval: 200 })
      .toMatchObject({ because: 'succeeded' });
    await expect
      .poll(() => both.deliver(at(second, 'rest')), { timeout: 10_000, interval: 200 })
      .toMatchObject({ because: 'succeeded' });
    expect(await both.client.result(run)).toBe('old 2');
    expect(await both.client.result(next)).toBe('new 2');
  });

  it.each<[string, Record<string, unknown>]>([
    ['DefinitionMismatch', { order2 }],
    ['TaskNotFound', { older }],
  ])('%s: the run is left as it is, visible, and another worker finishes it', async (because, tasks) => {
    const right = deployment({ order1 });
    const run = await right.client.submit(order1, 1);
    const [message] = right.sent;
    if (!message) throw new Error('no message was sent');
    const key = { tenant: '-' as never, run: run.id as never };
    const untouched = await new Workbench(runtime.env, { begin }).composition.runs.get(key);
    const wrong = deployment(tasks);
    expect(await wrong.deliver(message)).toMatchObject({ verdict: 'defer', because });
    expect(await new Workbench(runtime.env, { begin }).composition.runs.get(key)).toEqual(untouched);
    expect(await wrong.client.get(run)).toMatchObject({ status: 'ready', attempt: 0 });
    expect(await wrong.client.definition(run.hash)).toMatchObject({ name: 'order', shape: order1.shape });
    await right.deliver(message);
    expect((await right.client.get(run)).nodes?.[0]).toMatchObject({ status: 'succeeded', attempt: 1 });
  });

  it('TaskNotImplemented: what is implemented is done, the rest left to others, no attempt spent', async () => {
    expect(declared.hash).toBe(order1.hash);
    const half = deployment({ declared });
    const run = await half.client.submit(declared, 1);
    const [message] = half.sent;
    if (!message) throw new Error('no message was sent');
    expect(await half.deliver(message)).toMatchObject({ because: 'succeeded' });
    const rested = () => half.deliver(at(message, 'rest'));
    await expect.poll(rested, { timeout: 10_000, interval: 200 }).toMatchObject({ because: 'succeeded' });
    expect(await half.deliver(at(message, 'older'))).toMatchObject({
      verdict: 'defer',
      because: 'TaskNotImplemented',
    });
    expect((await half.client.get(run)).nodes?.find(({ id }) => id === 'older')).toMatchObject({
      status: 'ready',
      attempt: 0,
    });
    expect(await deployment({ order1 }).deliver(at(message, 'older'))).toMatchObject({
      because: 'succeeded',
    });
    expect(await half.client.result(run)).toBe('old 2');
  });

  it('what has ended is skipped, whoever is asked', async () => {
    const { client, deliver, sent } = deployment({ order1 });
    const run = await client.submit(order1, 1);
    const [message] = sent;
    if (!message) throw new Error('no message was sent');
    await deliver(message);
    const before = (await client.get(run)).nodes;
    expect(await deliver(message)).toMatchObject({ verdict: 'acknowledge', because: 'Finished' });
    expect((await client.get(run)).nodes).toEqual(before);
  });
});
