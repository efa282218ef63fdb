import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { defineTask } from '../../../lib/define/task.ts';
import { defineWorkflow } from '../../../lib/define/workflow/define-workflow.ts';
import { type ErrorCode, HoldfastError } from '../../../lib/model/errors.ts';
import { sleep } from '../../../lib/ports/clock.ts';
import type { Receipt } from '../../../lib/ports/queue.ts';
import { attributeStrayErrors } from '../../../lib/worker/stray-errors.ts';
import { deferred, VirtualSystem } from '../../support/virtual-system.ts';
import { VirtualWorker } from '../../support/virtual-worker.ts';

const second = 1_000;

/** Each begun handler waits until the test lets it go on. */
function gated(name = 'gated') {
  const begun: { readonly input: unknown; readonly let: (value: unknown) => void }[] = [];
  const task = defineTask({
    name,
    input: z.unknown(),
    timeout: '1h',
    run: async (input, { signal }) => {
      const { promise, reject, resolve } = deferred<unknown>();
      signal.addEventListener('abort', () => reject(signal.reason));
      begun.push({ input, let: resolve });
      return await promise;
    },
  });
  return { task, begun };
}

const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });
const picky = defineTask({
  name: 'picky',
  input: z.boolean(),
  retry: { maxAttempts: 1 },
  run: (fails) => {
    if (fails) throw new Error('no');
    return 'yes';
  },
});

async function submitted(
  system: VirtualSystem,
  task: Parameters<VirtualSystem['client']['submit']>[0],
  count: number,
) {
  const runs = [];
  for (let index = 0; index < count; index += 1) runs.push(await system.client.submit(task, index as never));
  return runs;
}

const unreachable = (code: ErrorCode) => new HoldfastError(code, 'away');

/** A message that comes five minutes before its time. */
async function laterMessage(system: VirtualSystem) {
  await system.client.submit(echo, 1, { delay: '5m' });
  const [dispatch] = system.queue.drain();
  if (!dispatch) throw new Error('no message was sent');
  return dispatch;
}

async function whenFired(signal: AbortSignal): Promise<never[]> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  return [];
}

describe('receiving', () => {
  test('runs what comes, deletes it, and tells of it in its record', async () => {
    const system = new VirtualSystem({ echo, picky });
    const worker = new VirtualWorker(system);
    await system.clock.advance(0);
    expect(worker.isReady).toBe(true);
    expect(await worker.record()).toMatchObject({
      pool: 'default',
      kind: 'process',
      stopped: false,
      running: 0,
    });
    const runs = [
      await system.client.submit(echo, 'a'),
      await system.client.submit(picky, true),
      await system.client.submit(picky, false),
    ];
    await system.clock.advance(11 * second);
    const states = await Promise.all(runs.map(async ({ id }) => (await system.client.get(id)).status));
    expect(states).toEqual(['succeeded', 'failed', 'succeeded']);
    expect(worker.inbox.removed.flat()).toHaveLength(3);
    expect(await worker.record()).toMatchObject({ running: 0, succeeded: 2, failed: 1 });
    expect(worker.end).toBeUndefined();
  });

  test('takes no more tasks than `maxParallel`, and asks for no more than it has room for', async () => {
    const { begun, task } = gated();
    const system = new VirtualSystem({ task }, { maxParallel: 3, batchSize: 10 });
    await submitted(system, task, 7);
    const worker = new VirtualWorker(system);
    await system.clock.advance(second);
    expect(begun.map(({ input }) => input)).toEqual([0, 1, 2]);
    expect(worker.inbox.asked).toEqual([3]);
    begun[1]?.let('done');
    await system.clock.advance(second);
    expect(begun.map(({ input }) => input)).toEqual([0, 1, 2, 3]);
    expect(worker.inbox.asked).toEqual([3, 1]);
    expect(system.queue.sent).toHaveLength(3);
  });

  test('asks for `batchSize` messages at a time', async () => {
    const { begun, task } = gated();
    const system = new VirtualSystem({ task }, { maxParallel: 5, batchSize: 2 });
    await submitted(system, task, 9);
    const worker = new VirtualWorker(system);
    await system.clock.advance(second);
    expect(worker.inbox.asked).toEqual([2, 2, 1]);
    expect(begun).toHaveLength(5);
  });

  test('a message that is not due, and one that is no dispatch, are not deleted', async () => {
    const system = new VirtualSystem({ echo });
    const { message } = await laterMessage(system);
    const receipt = { queueUrl: 'q', handle: 'h' };
    let polls = 0;
    const given = [
      [{ id: '1', receipt, message, together: 1 }],
      [{ id: '2', receipt: { queueUrl: 'q', handle: 'x' }, together: 1 }],
    ];
    const worker = new VirtualWorker(system, {
      inbox: {
        receive: async (_pool, _most, signal) => given[polls++] ?? (await whenFired(signal)),
        remove: async () => expect.fail('nothing is to be deleted'),
      },
    });
    await system.clock.advance(second);
    expect(system.queue.extended).toEqual([{ receipt, visibility: 300 }]);
    expect(system.logged('not a dispatch')).toHaveLength(1);
    worker.stop();
    await worker.ended;
  });

  test('one that fails in the middle changes nothing for the others', async () => {
    const system = new VirtualSystem({ echo, picky }, { maxParallel: 1 });
    const before = await submitted(system, echo, 50);
    const bad = await system.client.submit(picky, true);
    const after = await submitted(system, echo, 50);
    const worker = new VirtualWorker(system);
    await system.clock.advance(20 * second);
    for (const { id } of [...before, ...after]) {
      expect((await system.client.get(id)).status).toBe('succeeded');
    }
    expect((await system.client.get(bad.id)).status).toBe('failed');
    expect(await worker.record()).toMatchObject({ succeeded: 100, failed: 1 });
  });

  test('an execution that cannot be told of gives its message back, and the worker goes on', async () => {
    const system = new VirtualSystem({ echo });
    const { id } = await system.client.submit(echo, 1);
    const { runs } = system;
    let isDown = true;
    const apply: typeof runs.apply = async (transition) => {
      if (isDown) throw new Error('a defect');
      return await runs.apply(transition);
    };
    const flawed = new Proxy(runs, {
      get: (target, name) => (name === 'apply' ? apply : Reflect.get(target, name)?.bind(target)),
    });
    const worker = new VirtualWorker(system, { runs: flawed });
    await system.clock.advance(second);
    expect(system.queue.extended).toEqual([{ receipt: expect.anything(), visibility: 5 }]);
    expect(worker.inbox.removed).toEqual([]);
    isDown = false;
    await system.clock.advance(60 * second);
    await system.discover();
    await system.clock.advance(second);
    expect((await system.client.get(id)).status).toBe('succeeded');
  });

  test('a message that comes twice is counted, and deleted; the task is not run again', async () => {
    const system = new VirtualSystem({ echo });
    const { id } = await system.client.submit(echo, 1);
    const [dispatch] = system.queue.sent;
    const worker = new VirtualWorker(system);
    await system.clock.advance(second);
    if (dispatch) system.queue.sent.push(dispatch);
    await system.clock.advance(second);
    expect(worker.duplicates).toBe(1);
    expect(worker.inbox.removed.flat()).toHaveLength(2);
    expect(await system.client.get(id)).toMatchObject({ status: 'succeeded', attempt: 1 });
  });

  test('what is only declared here is left to others', async () => {
    const remote = defineTask({ name: 'remote', input: z.number(), output: z.number() });
    const system = new VirtualSystem({ remote });
    const { id } = await system.client.submit(remote, 1);
    new VirtualWorker(system);
    await system.clock.advance(second);
    expect(system.queue.extended).toEqual([{ receipt: expect.anything(), visibility: 30 }]);
    expect(await system.client.get(id)).toMatchObject({ status: 'ready', attempt: 0 });
  });

  test('an error that a handler left to nobody fails its attempt, and its neighbours go on', async () => {
    attributeStrayErrors();
    const { begun, task } = gated();
    const careless = defineTask({
      name: 'careless',
      input: z.null(),
      retry: { maxAttempts: 1 },
      run: async () => {
        void Promise.reject(new TypeError('left to nobody'));
        await new Promise(() => {});
      },
    });
    const system = new VirtualSystem({ careless, task }, { maxParallel: 2 });
    const neighbour = await system.client.submit(task, 1);
    const { id } = await system.client.submit(careless, null);
    new VirtualWorker(system);
    await system.clock.advance(second);
    expect(await system.client.get(id)).toMatchObject({
      status: 'failed',
      error: { type: 'TypeError', message: 'left to nobody' },
    });
    begun[0]?.let('done');
    await system.clock.advance(second);
    expect((await system.client.get(neighbour.id)).status).toBe('succeeded');
  });

  test('a queue that answers at once with nothing is asked again after `pollInterval`', async () => {
    const system = new VirtualSystem({ echo }, { pollInterval: '5s' });
    const asked: number[] = [];
    const receive = async () => {
      asked.push(system.clock.now());
      return [];
    };
    const worker = new VirtualWorker(system, { inbox: { receive, remove: async () => [] } });
    const from = system.clock.now();
    await system.clock.advance(17 * second);
    expect(asked.map((at) => at - from)).toEqual([0, 5_000, 10_000, 15_000]);
    worker.stop();
    await worker.ended;
  });

  test('a poll that took longer than `pollInterval` is followed by the next at once', async () => {
    const system = new VirtualSystem({ echo }, { pollInterval: '5s' });
    const asked: number[] = [];
    const receive = async (_pool: string, _most: number, signal: AbortSignal) => {
      asked.push(system.clock.now());
      await sleep(system.clock, 20 * second, signal);
      return [];
    };
    const worker = new VirtualWorker(system, { inbox: { receive, remove: async () => [] } });
    const from = system.clock.now();
    await system.clock.advance(45 * second);
    expect(asked.map((at) => at - from)).toEqual([0, 20_000, 40_000]);
    worker.stop();
    await worker.ended;
  });

  test('a queue that fails is asked again after `pollInterval`, then after twice that', async () => {
    const system = new VirtualSystem({ echo }, { pollInterval: '3s' });
    const worker = new VirtualWorker(system);
    worker.inbox.failure = unreachable('QueueUnreachable');
    await system.clock.advance(22 * second);
    // At 0, 3, 9, 19: the pauses grow to ten seconds.
    expect(worker.inbox.asked).toHaveLength(4);
  });

  test('a queue out of reach is asked again after growing pauses, until it is back', async () => {
    const system = new VirtualSystem({ echo });
    const worker = new VirtualWorker(system);
    await system.clock.advance(0);
    worker.inbox.failure = unreachable('QueueUnreachable');
    const { id } = await system.client.submit(echo, 1);
    await system.clock.advance(60 * second);
    const pauses = system.logged('receiving failed').length;
    expect(pauses).toBeGreaterThan(5);
    expect(pauses).toBeLessThan(15);
    worker.inbox.failure = undefined;
    await system.clock.advance(10 * second);
    expect((await system.client.get(id)).status).toBe('succeeded');
    expect(worker.end).toBeUndefined();
  });

  test('a defect in receiving ends it in order: what runs comes to its end, it is deregistered, and it rejects', async () => {
    const { begun, task } = gated();
    const system = new VirtualSystem({ task }, { maxParallel: 2 });
    const { id } = await system.client.submit(task, 1);
    const worker = new VirtualWorker(system);
    await system.clock.advance(0);
    const defect = new TypeError('a defect');
    worker.inbox.failure = defect;
    await system.clock.advance(2 * second);
    expect(worker.end).toBeUndefined();
    begun[0]?.let('done');
    await expect(worker.ended).rejects.toBe(defect);
    expect((await system.client.get(id)).status).toBe('succeeded');
    expect(await worker.record()).toMatchObject({ stopped: true, succeeded: 1 });
  });
});

describe('ending', () => {
  test('what runs comes to its end, heartbeats go on meanwhile, then it is deregistered', async () => {
    const { begun, task } = gated();
    const system = new VirtualSystem({ task }, { drain: '1h' });
    const { id } = await system.client.submit(task, 1);
    const worker = new VirtualWorker(system);
    await system.clock.advance(0);
    worker.stop();
    await system.clock.advance(95 * second);
    expect(await worker.record()).toMatchObject({ stopped: false, running: 1 });
    expect((await worker.record())?.expiresAt).toBeGreaterThan(system.clock.now());
    await system.client.submit(task, 2);
    await system.clock.advance(second);
    expect(begun).toHaveLength(1);
    begun[0]?.let('done');
    await worker.ended;
    expect(await system.client.get(id)).toMatchObject({ status: 'succeeded', attempt: 1 });
    expect(await worker.record()).toMatchObject({ stopped: true, running: 0, succeeded: 1 });
    const { lastSeenAt } = (await worker.record()) ?? {};
    await system.clock.advance(60 * second);
    expect((await worker.record())?.lastSeenAt).toBe(lastSeenAt);
  });

  test('an idle one ends at once', async () => {
    const system = new VirtualSystem({ echo });
    const worker = new VirtualWorker(system);
    await system.clock.advance(0);
    worker.stop();
    await worker.ended;
    expect(await worker.record()).toMatchObject({ stopped: true });
  });

  test('after the drain time the task is handed back: its attempt is not counted, another worker finishes it', async () => {
    const { begun, task } = gated();
    const system = new VirtualSystem({ task }, { drain: '5s' });
    const { id } = await system.client.submit(task, 1);
    const first = new VirtualWorker(system);
    await system.clock.advance(0);
    first.stop();
    await system.clock.advance(4 * second);
    expect(first.end).toBeUndefined();
    await system.clock.advance(2 * second);
    await first.ended;
    expect(first.inbox.removed.flat()).toHaveLength(1);
    expect(await system.client.get(id)).toMatchObject({ status: 'ready', attempt: 0 });
    new VirtualWorker(system, {}, 'worker-2');
    await system.clock.advance(second);
    begun[1]?.let('done');
    await system.clock.advance(second);
    expect(await system.client.get(id)).toMatchObject({
      status: 'succeeded',
      attempt: 1,
      workerId: 'worker-2',
    });
  });

  test('an abort hands back at once, also in the middle of draining', async () => {
    const { begun, task } = gated();
    const system = new VirtualSystem({ task }, { drain: '1h' });
    const { id } = await system.client.submit(task, 1);
    const worker = new VirtualWorker(system);
    await system.clock.advance(0);
    worker.stop();
    await system.clock.advance(60 * second);
    expect(worker.end).toBeUndefined();
    worker.abort();
    await worker.ended;
    expect(begun).toHaveLength(1);
    expect(await system.client.get(id)).toMatchObject({ status: 'ready', attempt: 0 });
  });

  test('a handler that heeds no signal is left alone after the grace', async () => {
    const deaf = defineTask({
      name: 'deaf',
      input: z.unknown(),
      timeout: '1h',
      run: () => new Promise(() => {}),
    });
    const system = new VirtualSystem({ deaf }, { drain: '0ms', abortGrace: '2s' });
    const { id } = await system.client.submit(deaf, 1);
    const worker = new VirtualWorker(system);
    await system.clock.advance(0);
    worker.stop();
    await system.clock.advance(3 * second);
    await worker.ended;
    expect(await system.client.get(id)).toMatchObject({ status: 'ready', attempt: 0 });
  });

  test('messages that come after the end began are visible at once, and none of them is begun', async () => {
    const { begun, task } = gated();
    const system = new VirtualSystem({ task }, { maxParallel: 3, batchSize: 3 });
    const runs = await submitted(system, task, 3);
    const { promise, resolve } = deferred<void>();
    const { clock } = system;
    const worker = new VirtualWorker(system);
    worker.inbox.answer = promise;
    await clock.advance(0);
    worker.stop();
    await clock.advance(0);
    resolve();
    await worker.ended;
    expect(begun).toEqual([]);
    expect(worker.inbox.removed).toEqual([]);
    const handles = system.queue.extended.map(({ receipt, visibility }) => [receipt.handle, visibility]);
    expect(handles).toEqual([1, 2, 3].map((index) => [`handle-${index}`, 0]));
    for (const { id } of runs)
      expect(await system.client.get(id)).toMatchObject({ status: 'ready', attempt: 0 });
  });

  test('a workflow is not gone on with: its next step is for others', async () => {
    const { begun, task } = gated();
    const flow = defineWorkflow('flow', { input: z.unknown() }).step(task).step(echo).build();
    const system = new VirtualSystem({ flow });
    const { id } = await system.client.submit(flow, 1);
    const worker = new VirtualWorker(system);
    await system.clock.advance(0);
    worker.stop();
    begun[0]?.let('done');
    await worker.ended;
    expect((await system.client.get(id)).status).toBe('ready');
    expect(system.queue.sent.map(({ message }) => message.node)).toEqual(['echo']);
    new VirtualWorker(system, {}, 'worker-2');
    await system.clock.advance(second);
    expect(await system.client.get(id)).toMatchObject({ status: 'succeeded', output: 'done' });
  });

  test('it ends when what it received is deleted', async () => {
    const system = new VirtualSystem({ echo });
    await system.client.submit(echo, 1);
    const { promise, resolve } = deferred<readonly Receipt[]>();
    const worker = new VirtualWorker(system);
    worker.inbox.remove = () => promise;
    await system.clock.advance(0);
    worker.stop();
    await system.clock.advance(60 * second);
    expect(worker.end).toBeUndefined();
    resolve([]);
    await worker.ended;
  });
});

describe('beginning', () => {
  const failing = (system: VirtualSystem, put: () => Promise<void>) => ({
    workers: { put, list: () => system.workers.list() },
  });

  test.each(['StoreUnreachable', 'TableNotFound'] as const)('is tried again after %s', async (code) => {
    const system = new VirtualSystem({ echo });
    let isAway = true;
    const put: typeof system.workers.put = async (record) => {
      if (isAway) throw unreachable(code);
      await system.workers.put(record);
    };
    const worker = new VirtualWorker(system, { workers: { put, list: () => system.workers.list() } });
    await system.clock.advance(20 * second);
    expect([worker.isReady, worker.end]).toEqual([false, undefined]);
    isAway = false;
    await system.clock.advance(5 * second);
    expect(worker.isReady).toBe(true);
    expect(await worker.record()).toMatchObject({ stopped: false });
  });

  test('ends with what was out of reach, naming where, once the time for it is over', async () => {
    const system = new VirtualSystem({ echo }, { connectTimeout: '30s' });
    const worker = new VirtualWorker(
      system,
      failing(system, async () => {
        throw unreachable('StoreUnreachable');
      }),
    );
    await system.clock.advance(29 * second);
    expect(worker.end).toBeUndefined();
    await system.clock.advance(second);
    await expect(worker.ended).rejects.toMatchObject({
      code: 'StoreUnreachable',
      message: 'Not reached within 30 s at http://store: away',
    });
    expect(worker.isReady).toBe(false);
  });

  test('an endpoint that never answers takes no longer', async () => {
    const system = new VirtualSystem({ echo }, { connectTimeout: '2s', abortGrace: '1s' });
    const worker = new VirtualWorker(
      system,
      failing(system, () => new Promise(() => {})),
    );
    await system.clock.advance(3 * second);
    expect(worker.end).toMatchObject({
      thrown: {
        code: 'StoreUnreachable',
        message: 'Not reached within 2 s at http://store: no answer at all',
      },
    });
  });

  test('what another try would not change ends it at once', async () => {
    const system = new VirtualSystem({ echo });
    const defect = new TypeError('a defect');
    const worker = new VirtualWorker(
      system,
      failing(system, async () => {
        throw defect;
      }),
    );
    await expect(worker.ended).rejects.toBe(defect);
  });

  test('a queue out of reach ends it too, deregistered', async () => {
    const system = new VirtualSystem({ echo }, { connectTimeout: '3s' });
    system.queue.depth = async () => {
      throw unreachable('QueueUnreachable');
    };
    const worker = new VirtualWorker(system);
    await system.clock.advance(3 * second);
    await expect(worker.ended).rejects.toMatchObject({
      code: 'QueueUnreachable',
      message: 'Not reached within 3 s: away',
    });
    expect(await worker.record()).toMatchObject({ stopped: true });
  });

  test('a stop ends the tries', async () => {
    const system = new VirtualSystem({ echo });
    const worker = new VirtualWorker(
      system,
      failing(system, async () => {
        throw unreachable('StoreUnreachable');
      }),
    );
    await system.clock.advance(second);
    worker.stop();
    await worker.ended;
    expect(worker.isReady).toBe(false);
  });

  test('a stop before it begins is heeded', async () => {
    const system = new VirtualSystem({ echo });
    const worker = new VirtualWorker(system);
    worker.stop();
    await worker.ended;
    expect(worker.inbox.asked).toEqual([]);
    expect(await worker.record()).toMatchObject({ stopped: true });
  });
});
