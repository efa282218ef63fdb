import { defineTask } from 'holdfast';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { discover } from '../../../lib/discovery/discover.ts';
import { HoldfastError } from '../../../lib/model/errors.ts';
import { shardCount } from '../../../lib/ports/run-store.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });
const minute = 60_000;

describe('discovery', () => {
  it('leaves alone what was sent a moment ago, and what has ended', async () => {
    const system = new VirtualSystem({ echo });
    await system.client.submit(echo, 1);
    await system.drive();
    await system.client.submit(echo, 2);
    expect(await system.discover()).toEqual({
      nominated: 1,
      tended: 0,
      sent: 0,
      unsent: 0,
      failures: 0,
      oldestReadyMs: 0,
    });
  });

  it('tells how long the longest has waited of what could be worked on, and nothing else', async () => {
    const system = new VirtualSystem({ echo });
    await system.client.submit(echo, 'later', { delay: '10m' });
    const paused = await system.client.submit(echo, 'paused');
    await system.client.pause(paused);
    await system.clock.advance(2 * minute);
    expect(await system.discover()).toMatchObject({ oldestReadyMs: 0 });
    await system.client.submit(echo, 'waits');
    await system.clock.advance(minute);
    await system.client.submit(echo, 'waits, too');
    await system.clock.advance(minute);
    system.queue.drain();
    expect(await system.discover()).toMatchObject({ sent: 2, oldestReadyMs: 2 * minute });
    await system.clock.advance(8 * minute);
    await system.discover();
    await system.drive();
    await system.clock.advance(16 * minute);
    expect(await system.discover()).toMatchObject({ oldestReadyMs: 0 });
  });

  it('finishes everything alone when every direct message is dropped', async () => {
    const system = new VirtualSystem({ echo });
    const runs = await Promise.all(Array.from({ length: 50 }, (_, n) => system.client.submit(echo, n)));
    system.queue.drain();
    await system.clock.advance(minute);
    expect(await system.discover()).toMatchObject({ tended: 50, sent: 50 });
    await system.drive();
    for (const [n, run] of runs.entries()) {
      expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', output: n });
    }
  });

  it('rings again later and later, at most every 15 minutes', async () => {
    const system = new VirtualSystem({ echo });
    const run = await system.client.submit(echo, 1);
    const pauses: number[] = [];
    for (let look = 0; look < 7; look += 1) {
      const { at } = await system.stored(run.id);
      pauses.push((at - system.clock.now()) / minute);
      await system.clock.advance(at - system.clock.now());
      await system.discover();
    }
    expect(pauses).toEqual([1, 1, 2, 4, 8, 15, 15]);
  });

  it('rings in the lane for what has waited long, in pools that have one, and nowhere else', async () => {
    const system = new VirtualSystem({ echo }, { agingInterval: '90s' });
    await system.client.submit(echo, 1, { priority: 'low' });
    const lanes = { normal: 'http://127.0.0.1/queue', aged: 'http://127.0.0.1/aged' };
    for (const pools of [
      { default: { tags: [], lanes } },
      { default: { tags: [], lanes: { normal: lanes.normal } } },
    ]) {
      await system.clock.advance(2 * minute);
      system.queue.drain();
      await discover({ ...system.ports(), pools });
      const [sent] = system.queue.drain();
      expect(sent).toMatchObject({ priority: 'low' });
      expect(sent?.aged).toBe('aged' in pools.default.lanes ? true : undefined);
    }
  });

  it('begins its pauses again once somebody came', async () => {
    const system = new VirtualSystem({ echo });
    const run = await system.client.submit(echo, 1);
    for (let look = 0; look < 3; look += 1) {
      const { at } = await system.stored(run.id);
      await system.clock.advance(at - system.clock.now());
      await system.discover();
    }
    expect((await system.stored(run.id)).looks).toBe(3);
    await system.executeNext();
    expect((await system.stored(run.id)).looks).toBe(0);
  });

  it('of two at once only one sends', async () => {
    const system = new VirtualSystem({ echo });
    await system.client.submit(echo, 1);
    system.queue.drain();
    await system.clock.advance(minute);
    const reports = await Promise.all([system.discover(), system.discover()]);
    expect(reports.map(({ sent }) => sent).sort()).toEqual([0, 1]);
  });

  it('looks a period ahead and sends timers with their delay, once', async () => {
    const system = new VirtualSystem({ echo });
    const run = await system.client.submit(echo, 1, { delay: '20m' });
    expect(system.queue.sent).toEqual([]);
    await system.clock.advance(18 * minute);
    expect(await system.discover()).toMatchObject({ nominated: 0 });
    await system.clock.advance(minute + 17_000);
    expect(await system.discover()).toMatchObject({ sent: 1 });
    expect(system.queue.sent[0]?.delayMs).toBe(43_000);
    expect(await system.discover()).toMatchObject({ sent: 0 });
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded' });
  });

  it('a doorbell sent with its delay is not sent again before it is overdue', async () => {
    const system = new VirtualSystem({ echo });
    await system.client.submit(echo, 1, { delay: '30s' });
    expect(await system.discover()).toMatchObject({ sent: 0 });
    await system.clock.advance(89_000);
    expect(await system.discover()).toMatchObject({ sent: 0 });
    await system.clock.advance(1_000);
    expect(await system.discover()).toMatchObject({ sent: 1 });
  });

  it('while the queue is deep it rings only for timers and abandoned leases', async () => {
    const system = new VirtualSystem({ echo }, { deepQueue: 10 });
    system.queue.waiting = 11;
    await system.client.submit(echo, 1);
    await system.client.submit(echo, 2, { delay: '16m' });
    await system.clock.advance(16 * minute);
    expect(await system.discover()).toMatchObject({ nominated: 2, tended: 2, sent: 1 });
  });

  it('tends the oldest first and stops at its limit', async () => {
    const system = new VirtualSystem({ echo }, { discoveryLimit: 16 });
    const late: string[] = [];
    for (let n = 0; n < 100; n += 1) {
      late.push((await system.client.submit(echo, n)).id);
      await system.clock.advance(10);
    }
    system.queue.drain();
    await system.clock.advance(2 * minute);
    const { tended } = await system.discover();
    expect(tended).toBeLessThanOrEqual(shardCount);
    const sent = system.queue.drain().map(({ message }) => message.run);
    const oldest = await Promise.all(late.map(async (id) => ({ id, ...(await system.stored(id)) })));
    // Each shard gave its oldest: whatever was sent is older than all that was left in its shard.
    expect(new Set(sent).size).toBe(tended);
    expect(oldest.filter((run) => run.looks === 1)).toHaveLength(tended);
  });

  it('one shard or run that gives an error stops no other', async () => {
    const system = new VirtualSystem({ echo });
    for (let n = 0; n < 40; n += 1) await system.client.submit(echo, n);
    system.queue.drain();
    await system.clock.advance(minute);
    const query = system.runs.query.bind(system.runs);
    let broken = 0;
    system.runs.query = async (asked) => {
      if (asked.shard === 3) throw new HoldfastError('StoreUnreachable', 'shard 3');
      return query(asked);
    };
    const apply = system.runs.apply.bind(system.runs);
    system.runs.apply = async (transition) => {
      broken += 1;
      if (broken === 2) throw new HoldfastError('StoreUnreachable', 'one write');
      return apply(transition);
    };
    const first = await system.discover();
    expect(first.failures).toBe(2);
    expect(first.sent).toBeGreaterThan(10);
    system.runs.query = query;
    const second = await system.discover();
    expect(first.sent + second.sent).toBe(40);
  });

  it('a queue that takes nothing costs a pause, not the run', async () => {
    const system = new VirtualSystem({ echo });
    system.queue.down = true;
    const run = await system.client.submit(echo, 1);
    expect(system.logged('doorbell not sent')).toHaveLength(1);
    await system.clock.advance(minute);
    expect(await system.discover()).toMatchObject({ tended: 1, sent: 0, unsent: 1 });
    system.queue.down = false;
    await system.clock.advance(minute);
    expect(await system.discover()).toMatchObject({ sent: 1 });
    await system.drive();
    expect(await system.client.get(run)).toMatchObject({ status: 'succeeded' });
  });

  it('a depth that cannot be read counts as shallow', async () => {
    const system = new VirtualSystem({ echo });
    await system.client.submit(echo, 1);
    system.queue.depth = async () => {
      throw new HoldfastError('StoreUnreachable', 'no answer');
    };
    await system.clock.advance(minute);
    expect(await system.discover()).toMatchObject({ sent: 2 - 1, failures: 1 });
  });

  it('a run of a newer version is looked at again later, and left as it is', async () => {
    const system = new VirtualSystem({ echo });
    const run = await system.client.submit(echo, 1);
    const stored = await system.stored(run.id);
    const unreadable = { ...stored, unreadable: true as const, schema: 99 };
    system.runs.getMany = async () => [unreadable];
    expect(await system.discover()).toMatchObject({ tended: 0 });
    await system.clock.advance(minute);
    expect(await system.discover()).toMatchObject({ tended: 1, sent: 0 });
    expect((await system.stored(run.id)).at).toBe(system.clock.now() + 30_000);
    expect(system.logged('run of a newer version').length).toBeGreaterThan(0);
  });

  it('while a lease lives it only moves the look behind the lease', async () => {
    const hold = defineTask({
      name: 'hold',
      input: z.null(),
      run: (_, { signal }) =>
        new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    });
    const system = new VirtualSystem({ hold }, { taskTimeout: '200s' });
    const run = await system.client.submit(hold, null);
    const executing = system.executeNext();
    await system.clock.advance(minute);
    expect(await system.discover()).toMatchObject({ tended: 1, sent: 0 });
    const { at, looks, nodes } = await system.stored(run.id);
    expect(looks).toBe(0);
    const until = Object.values(nodes)[0];
    expect(until).toMatchObject({ lease: { until: at - 5_001 } });
    await system.clock.advance(150_000);
    await executing;
  });
});
