import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { directClient } from '../../../lib/client/direct-client.ts';
import { handoverAt } from '../../../lib/compose/handover.ts';
import type { Settings } from '../../../lib/config/settings.ts';
import { defineTask } from '../../../lib/define/task.ts';
import type { Handover } from '../../../lib/ports/handover.ts';
import { HandingQueue } from '../../../lib/worker/handing-queue.ts';
import type { ServePorts } from '../../../lib/worker/serve.ts';
import { deferred, VirtualSystem } from '../../support/virtual-system.ts';
import { VirtualWorker } from '../../support/virtual-worker.ts';

/** The queue in memory is looked into once a second. */
const second = 1_000;
const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });

/** Each begun handler waits until the test lets it go on. */
function gated() {
  const begun: { readonly input: unknown; readonly let: (value: unknown) => void }[] = [];
  const task = defineTask({
    name: 'gated',
    input: z.unknown(),
    timeout: '1h',
    run: (input) => {
      const { promise, resolve } = deferred<unknown>();
      begun.push({ input, let: resolve });
      return promise;
    },
  });
  return { task, begun };
}

let tables = 0;

/** A client beside a worker that has begun to receive. */
async function together(
  tasks: Record<string, unknown>,
  given: Partial<Pick<Settings, 'maxParallel'>> = {},
  over: Partial<Pick<ServePorts, 'pools' | 'settings'>> = {},
) {
  const system = new VirtualSystem(tasks, { maxParallel: 2, ...given });
  const ports = { ...system.ports(), ...over };
  const handover = handoverAt(`table-${tables++}`, ports.pools);
  const queue = new HandingQueue(system.queue, handover);
  const worker = new VirtualWorker(system, { ...over, handover, queue });
  await system.clock.advance(0);
  return { client: directClient({ ...ports, queue }), handover, queue, system, worker };
}

describe('what a process submits beside its own worker', () => {
  test('is begun at once, without a message', async () => {
    const { client, system, worker } = await together({ echo });
    const { id } = await client.submit(echo, 'a');
    await system.clock.advance(0);
    expect(await client.get(id)).toMatchObject({ status: 'succeeded', output: 'a', attempt: 1 });
    expect(system.queue.sent).toEqual([]);
    expect(worker.inbox.removed).toEqual([]);
    await system.clock.advance(11 * second);
    expect(await worker.record()).toMatchObject({ running: 0, succeeded: 1 });
  });

  test('goes by the queue where the worker has no room', async () => {
    const { begun, task } = gated();
    const { client, system } = await together({ task });
    for (const input of [1, 2, 3]) await client.submit(task, input);
    await system.clock.advance(0);
    expect(begun.map(({ input }) => input)).toEqual([1, 2]);
    expect(system.queue.sent).toHaveLength(1);
    begun[0]?.let('done');
    await system.clock.advance(second);
    expect(begun.map(({ input }) => input)).toEqual([1, 2, 3]);
  });

  test('goes by the queue where it is for later, for another pool, or the worker ends', async () => {
    const { client, handover, queue, system, worker } = await together({ echo });
    await client.submit(echo, 1, { delay: '1m' });
    expect(system.queue.drain()).toMatchObject([{ delayMs: 60_000 }]);
    await client.submit(echo, 2);
    await system.clock.advance(0);
    expect(system.queue.sent).toEqual([]);
    await client.submit(echo, 3, { delay: '1m' });
    const [dispatch] = system.queue.drain();
    if (!dispatch) throw new Error('no message was sent');
    expect(handover.offer({ ...dispatch, delayMs: 0, pool: 'gone' })).toBe(false);
    await queue.send([{ ...dispatch, delayMs: 0, aged: true }]);
    expect(system.queue.drain()).toHaveLength(1);
    worker.stop();
    await worker.ended;
    await client.submit(echo, 4);
    expect(system.queue.sent).toHaveLength(1);
  });

  test('goes by the queue where there are lanes, or the worker is told so', async () => {
    const pools = {
      default: { tags: [], lanes: { high: 'http://127.0.0.1/high', normal: 'http://127.0.0.1/n' } },
    };
    for (const over of [
      { pools },
      { settings: { ...new VirtualSystem({ echo }).settings, handover: 'off' } },
    ] as const) {
      const { client, system } = await together({ echo }, {}, over);
      await client.submit(echo, 1);
      expect(system.queue.sent).toHaveLength(1);
    }
  });

  test('runs in no context of who submitted it', async () => {
    const store = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const look = defineTask({ name: 'look', input: z.null(), run: () => void seen.push(store.getStore()) });
    const { client, system } = await together({ look });
    await store.run('of the client', () => client.submit(look, null));
    await system.clock.advance(0);
    expect(seen).toEqual([undefined]);
  });

  test('goes by the queue where the worker would leave it to others', async () => {
    const remote = defineTask({ name: 'remote', input: z.number(), output: z.number() });
    const { client, system } = await together({ remote });
    const { id } = await client.submit(remote, 1);
    const other = await client.submit(echo, 1);
    expect(system.queue.sent).toMatchObject([
      { message: { run: id }, delayMs: 0 },
      { message: { run: other.id }, delayMs: 0 },
    ]);
  });

  test('becomes a message where it turns out not to be due yet', async () => {
    const { client, handover, system } = await together({ echo });
    const { id } = await client.submit(echo, 1, { delay: '1m' });
    const [dispatch] = system.queue.drain();
    expect(dispatch && handover.offer({ ...dispatch, delayMs: 0 })).toBe(true);
    await system.clock.advance(0);
    expect(system.queue.sent).toMatchObject([{ message: { run: id }, delayMs: 60 * second }]);
    expect(await client.get(id)).toMatchObject({ attempt: 0 });
  });

  test('is found by discovery where neither worker nor queue has it', async () => {
    const { client, system } = await together({ echo });
    const lost: Pick<Handover, 'offer'> = { offer: () => true };
    const queue = new HandingQueue(system.queue, lost);
    const { id } = await directClient({ ...system.ports(), queue }).submit(echo, 'a');
    expect(system.queue.sent).toEqual([]);
    await system.clock.advance(61 * second);
    await system.discover();
    await system.clock.advance(second);
    expect(await client.get(id)).toMatchObject({ status: 'succeeded', output: 'a' });
  });

  test('is told of where it could not become a message', async () => {
    const { client, handover, system } = await together({ echo });
    await client.submit(echo, 1, { delay: '1m' });
    const [dispatch] = system.queue.drain();
    system.queue.down = true;
    if (dispatch) handover.offer({ ...dispatch, delayMs: 0 });
    await system.clock.advance(0);
    expect(system.logged('doorbell not sent')).toHaveLength(1);
  });
});

describe('what others submit', () => {
  test('goes before what is handed over, when room was lent that it was asked for', async () => {
    const { begun, task } = gated();
    const { client, system } = await together({ task }, { maxParallel: 1 });
    await client.submit(task, 'own');
    await system.client.submit(task, 'other');
    await system.clock.advance(1_500);
    await client.submit(task, 'own, later');
    expect(begun.map(({ input }) => input)).toEqual(['own']);
    begun[0]?.let('done');
    await system.clock.advance(0);
    expect(begun.map(({ input }) => input)).toEqual(['own', 'other']);
    expect(system.queue.extended).toEqual([]);
  });

  test('is sent on after a second as a message of its own, and awaited before anything else is handed over', async () => {
    const { begun, task } = gated();
    const { client, system, worker } = await together({ task }, { maxParallel: 1 });
    await client.submit(task, 'own');
    const { id } = await system.client.submit(task, 'other');
    await system.clock.advance(3 * second);
    // Who receives it next does so for the first time.
    expect(system.queue.drain()).toMatchObject([{ message: { run: id }, delayMs: 2 * second }]);
    expect(worker.inbox.removed.flat()).toHaveLength(1);
    expect(system.queue.extended).toEqual([]);
    begun[0]?.let('done');
    await system.clock.advance(0);
    await client.submit(task, 'own, later');
    expect(begun).toHaveLength(1);
    expect(system.queue.sent).toHaveLength(1);
  });

  test('is given back where it cannot be sent on', async () => {
    const { task } = gated();
    const { client, system, worker } = await together({ task }, { maxParallel: 1 });
    await client.submit(task, 'own');
    await system.client.submit(task, 'other');
    system.queue.down = true;
    await system.clock.advance(3 * second);
    expect(system.queue.extended).toEqual([{ receipt: expect.anything(), visibility: 0 }]);
    expect(worker.inbox.removed).toEqual([]);
  });

  test('is given back at once when the worker ends', async () => {
    const { begun, task } = gated();
    const { client, system, worker } = await together({ task }, { maxParallel: 1 });
    await client.submit(task, 'own');
    await system.client.submit(task, 'other');
    await system.clock.advance(1_500);
    expect(system.queue.extended).toEqual([]);
    worker.stop();
    await system.clock.advance(0);
    expect(system.queue.extended).toEqual([{ receipt: expect.anything(), visibility: 0 }]);
    begun[0]?.let('done');
    await system.clock.advance(0);
    await worker.ended;
  });
});
