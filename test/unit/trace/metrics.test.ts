import { defineTask } from 'holdfast';
import { afterEach, beforeEach, expect, it } from 'vitest';
import * as z from 'zod';
import { flushTelemetry } from '../../../lib/trace/flush.ts';
import { Executor } from '../../../lib/worker/executor.ts';
import { Statistics } from '../../../lib/worker/statistics.ts';
import { RecordedMetrics } from '../../support/telemetry.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

let measured: RecordedMetrics;
beforeEach(() => {
  measured = new RecordedMetrics();
});
afterEach(async () => measured[Symbol.asyncDispose]());

const place = { 'messaging.destination.name': 'default' };

const picky = defineTask({
  name: 'picky',
  input: z.enum(['good', 'bad', 'late']),
  retry: { maxAttempts: 2, backoff: '10s' },
  run: (what, { attempt }) => {
    if (what === 'bad' || (what === 'late' && attempt === 1)) throw new RangeError('not that');
  },
});

it('tasks that succeeded, failed and were tried again, how long they waited and took', async () => {
  const system = new VirtualSystem({ picky });
  await system.client.submit(picky, 'good');
  await system.clock.advance(3_000);
  await system.executeNext();
  const attributes = { ...place, 'holdfast.task': 'picky' };
  expect(await measured.read()).toEqual({
    'holdfast.queue.wait': [{ value: 3, attributes: place }],
    'holdfast.tasks.succeeded': [{ value: 1, attributes }],
    'messaging.process.duration': [
      {
        value: 0,
        attributes: { ...attributes, 'messaging.system': 'holdfast', 'messaging.operation.name': 'process' },
      },
    ],
  });
  await system.client.submit(picky, 'bad');
  await system.client.submit(picky, 'late');
  await system.drive();
  expect(await measured.read()).toMatchObject({
    'holdfast.tasks.succeeded': [{ value: 2, attributes }],
    'holdfast.tasks.failed': [{ value: 1, attributes }],
    'holdfast.tasks.retried': [{ value: 2, attributes }],
    'messaging.process.duration': [{}, { attributes: { 'error.type': 'RangeError' } }],
  });
});

it('how long an attempt takes', async () => {
  const slow = defineTask({
    name: 'slow',
    input: z.null(),
    run: () => new Promise((resolve) => system.clock.after(2_500, () => resolve(null))),
  });
  const system = new VirtualSystem({ slow });
  await system.client.submit(slow, null);
  const executing = system.executeNext();
  await system.clock.advance(2_500);
  await executing;
  const { 'messaging.process.duration': [duration] = [] } = await measured.read();
  expect(duration?.value).toBe(2.5);
});

it('leases lost, taken over, and tasks that ran out of attempts with their worker', async () => {
  const gates: (() => void)[] = [];
  const held = defineTask({
    name: 'held',
    input: z.null(),
    lease: '30s',
    run: () => new Promise((resolve) => gates.push(() => resolve(null))),
  });
  const system = new VirtualSystem({ held });
  await system.client.submit(held, null, { maxAttempts: 2 });
  const message = system.takeMessage();
  const zombie = system.executor('zombie').execute(system.delivery(message));
  await system.clock.advance(0);
  system.clock.freeze(36_000);
  // The heir dies with it in hand.
  const dead = { now: () => system.clock.now(), after: () => ({ cancel() {} }) };
  const heir = new Executor({ ...system.ports('heir'), clock: dead }, new Statistics());
  void heir.execute(system.delivery(message));
  await Promise.resolve();
  gates[0]?.();
  await zombie;
  await system.clock.advance(36_000);
  expect(await system.executor('third').execute(system.delivery(message))).toMatchObject({
    because: 'AttemptsExhausted',
  });
  expect(await measured.read()).toMatchObject({
    'holdfast.leases.lost': [{ value: 1, attributes: { ...place, 'holdfast.task': 'held' } }],
    'holdfast.leases.taken_over': [{ value: 1, attributes: place }],
    'holdfast.tasks.failed': [{ value: 1, attributes: { 'error.type': 'WorkerLost' } }],
  });
});

it('follow an SDK that is registered later, and are flushed with the spans', async () => {
  const system = new VirtualSystem({ picky });
  await system.client.submit(picky, 'good');
  await system.executeNext();
  await measured[Symbol.asyncDispose]();
  await system.client.submit(picky, 'good');
  await system.executeNext();
  measured = new RecordedMetrics();
  await system.client.submit(picky, 'good');
  await system.executeNext();
  await flushTelemetry();
  expect(measured.exported).toContain('holdfast.tasks.succeeded');
  expect((await measured.read())['holdfast.tasks.succeeded']).toMatchObject([{ value: 1 }]);
});
