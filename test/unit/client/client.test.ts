import { defineTask } from 'holdfast';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { VirtualSystem } from '../../support/virtual-system.ts';

const resize = defineTask({
  name: 'resize',
  input: z.strictObject({ key: z.string(), width: z.int().optional() }),
  run: ({ key }) => key.toUpperCase(),
});

describe('submit', () => {
  it('refuses an input that does not fit, naming the field, and stores nothing', async () => {
    const system = new VirtualSystem({ resize });
    const refused = system.client.submitByName('resize', { key: 7 });
    await expect(refused).rejects.toMatchObject({ code: 'InvalidInput', field: 'input.key' });
    expect(system.runs.writes).toEqual([]);
  });

  it.each([
    [{ idempotencyKey: '' }, 'idempotencyKey'],
    [{ idempotencyKey: 'x'.repeat(257) }, 'idempotencyKey'],
    [{ priority: 'urgent' as never }, 'priority'],
    [{ delay: '400d' as const }, 'delay'],
    [{ delay: 'soon' as never }, 'delay'],
    [{ timeout: '8d' as const }, 'timeout'],
    [{ maxAttempts: 0 }, 'maxAttempts'],
    [{ maxAttempts: 1.5 }, 'maxAttempts'],
    [{ tenant: 'a#b' }, 'tenant'],
    [{ traceparent: 'nonsense' }, 'traceparent'],
    [{ tags: Array.from({ length: 17 }, (_, n) => `t${n}`) }, 'tags'],
    [{ tags: ['gpu'] }, 'tags'],
  ])('refuses %j, naming it', async (options, field) => {
    const system = new VirtualSystem({ resize });
    await expect(system.client.submit(resize, { key: 'a' }, options)).rejects.toMatchObject({ field });
    expect(system.runs.writes).toEqual([]);
  });

  it('refuses an unknown task, naming those it knows', async () => {
    const system = new VirtualSystem({ resize });
    const refused = system.client.submitByName('constructor', {});
    await expect(refused).rejects.toMatchObject({ code: 'UnknownTask', hint: 'Registered: resize.' });
  });

  it('an input beyond the limit is refused, a large one lies apart', async () => {
    const system = new VirtualSystem({ resize });
    const tooLarge = system.client.submit(resize, { key: 'x'.repeat(400_000) });
    await expect(tooLarge).rejects.toMatchObject({ code: 'PayloadTooLarge', field: 'input' });
    const run = await system.client.submit(resize, { key: 'x'.repeat(5_000) });
    expect((await system.stored(run.id)).input).toEqual({
      pointer: expect.stringMatching(/^input#/),
      bytes: 5_010,
    });
    await system.drive();
    expect(await system.client.result(run)).toBe('X'.repeat(5_000));
  });

  it('the same key and request give the same run, another request is a conflict', async () => {
    const system = new VirtualSystem({ resize });
    const idempotencyKey = 'order 1';
    const first = await system.client.submit(resize, { key: 'a', width: 1 }, { idempotencyKey });
    const again = await system.client.submit(resize, { key: 'a', width: 1 }, { idempotencyKey });
    expect([first.created, again.created]).toEqual([true, false]);
    expect(again.id).toBe(first.id);
    const other = system.client.submit(resize, { key: 'b' }, { idempotencyKey });
    await expect(other).rejects.toMatchObject({ code: 'IdempotencyConflict' });
    const elsewhere = await system.client.submit(resize, { key: 'b' }, { idempotencyKey, tenant: 'acme' });
    expect(elsewhere.id).not.toBe(first.id);
    // The repeated one rang again, because nobody had come for the run yet.
    expect(system.queue.sent).toHaveLength(3);
    await system.drive();
    await system.client.submit(resize, { key: 'a', width: 1 }, { idempotencyKey });
    expect(system.queue.sent).toHaveLength(0);
  });
});

describe('another tenant', () => {
  it('does not see the run', async () => {
    const system = new VirtualSystem({ resize });
    const run = await system.client.submit(resize, { key: 'a' }, { tenant: 'acme' });
    await expect(system.client.get(run.id)).rejects.toMatchObject({ code: 'NotFound' });
    await expect(system.client.cancel(run.id, { tenant: 'other' })).rejects.toMatchObject({
      code: 'NotFound',
    });
    expect(await system.client.get(run.id, { tenant: 'acme' })).toMatchObject({ id: run.id });
    expect((await system.client.list()).runs).toEqual([]);
    expect((await system.client.list({ tenant: 'acme' })).runs).toHaveLength(1);
  });
});

describe('wait', () => {
  it('resolves when the run has ended', async () => {
    const system = new VirtualSystem({ resize });
    const run = await system.client.submit(resize, { key: 'a' });
    const waiting = system.client.wait(run);
    await system.clock.advance(5_000);
    await system.drive();
    await system.clock.advance(1_000);
    const finished = await waiting;
    if (finished.status === 'succeeded') expect(finished.output satisfies string).toBe('A');
    expect(finished).toMatchObject({ status: 'succeeded', durationMs: 0 });
  });

  it('gives up after its timeout; the run goes on', async () => {
    const system = new VirtualSystem({ resize });
    const run = await system.client.submit(resize, { key: 'a' });
    const waiting = expect(system.client.wait(run, { timeout: '3s' })).rejects.toMatchObject({
      code: 'WaitTimedOut',
    });
    await system.clock.advance(4_000);
    await waiting;
  });

  it('stops with its signal', async () => {
    const system = new VirtualSystem({ resize });
    const run = await system.client.submit(resize, { key: 'a' });
    const controller = new AbortController();
    const waiting = expect(system.client.wait(run, { signal: controller.signal })).rejects.toThrow('enough');
    controller.abort(new Error('enough'));
    await system.clock.advance(2_000);
    await waiting;
  });
});

describe('list', () => {
  it('gives the latest first, page by page, each run once', async () => {
    const system = new VirtualSystem({ resize });
    const ids: string[] = [];
    for (let n = 0; n < 25; n += 1) {
      ids.unshift((await system.client.submit(resize, { key: `${n}` })).id);
      if (n % 3 === 0) await system.clock.advance(1_000); // some share their millisecond
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await system.client.list({ limit: 7, ...(cursor && { cursor }) });
      seen.push(...page.runs.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor);
    expect(new Set(seen).size).toBe(25);
    expect([...seen].sort()).toEqual([...ids].sort());
    const ats = await Promise.all(seen.map(async (id) => (await system.stored(id)).at));
    expect(ats).toEqual([...ats].sort((a, b) => b - a));
  });

  it('filters by status and name', async () => {
    const other = defineTask({ name: 'other', input: z.null(), run: () => null });
    const system = new VirtualSystem({ resize, other });
    await system.client.submit(resize, { key: 'a' });
    await system.drive();
    await system.client.submit(other, null);
    const names = async (options: Parameters<typeof system.client.list>[0]) =>
      (await system.client.list(options)).runs.map(({ task }) => task);
    expect(await names({ status: 'succeeded' })).toEqual(['resize']);
    expect(await names({ status: 'ready' })).toEqual(['other']);
    expect(await names({ status: 'running' })).toEqual([]);
    expect(await names({ name: 'other' })).toEqual(['other']);
  });

  it.each([
    [{ limit: 0 }, 'limit'],
    [{ limit: 101 }, 'limit'],
    [{ cursor: 'nonsense' }, 'cursor'],
  ])('refuses %j', async (options, field) => {
    const system = new VirtualSystem({ resize });
    await expect(system.client.list(options)).rejects.toMatchObject({ code: 'InvalidArgument', field });
  });
});

describe('the result cache', () => {
  const cached = (version: string) => {
    const starts: string[] = [];
    const task = defineTask({
      name: 'cached',
      version,
      input: z.object({ a: z.string(), b: z.string().optional() }),
      cache: { ttl: '1h', key: ({ b }) => b ?? '' },
      run: ({ a }) => {
        starts.push(a);
        return `${a}${starts.length}`;
      },
    });
    return { task, starts };
  };

  it('gives the same input the same result without a start, until it expires', async () => {
    const { task, starts } = cached('1');
    const system = new VirtualSystem({ task });
    const outputs: unknown[] = [];
    const once = async (tenant?: string) => {
      const run = await system.client.submit(task, { a: 'x' }, tenant === undefined ? {} : { tenant });
      await system.drive();
      outputs.push(await system.client.result(run));
      return system.client.get(run);
    };
    expect(await once()).not.toHaveProperty('cached');
    expect(await once()).toMatchObject({ cached: true, attempt: 1 });
    expect(await once('acme')).not.toHaveProperty('cached');
    await system.clock.advance(3_600_000);
    await once();
    expect(outputs).toEqual(['x1', 'x1', 'x2', 'x3']);
    expect(starts).toHaveLength(3);
  });

  it('is off unless a task asks for it', async () => {
    const system = new VirtualSystem({ resize });
    const keys: string[] = [];
    system.cache.get = async (key) => void keys.push(key) as undefined;
    await system.client.submit(resize, { key: 'a' });
    await system.drive();
    expect(keys).toEqual([]);
  });

  it('of two that race the first to store wins, and both give its result', async () => {
    const { task } = cached('1');
    const system = new VirtualSystem({ task });
    const runs = await Promise.all([1, 2].map(() => system.client.submit(task, { a: 'x' })));
    const both = system.queue
      .drain()
      .map(({ message }) => system.executor().execute(system.delivery(message)));
    await Promise.all(both);
    const outputs = await Promise.all(runs.map((run) => system.client.result(run)));
    expect(outputs[0]).toBe(outputs[1]);
  });

  it('that gives no answer is a miss, and a result it cannot keep is still a result', async () => {
    const { task } = cached('1');
    const system = new VirtualSystem({ task });
    const { HoldfastError } = await import('../../../lib/model/errors.ts');
    const down = async () => {
      throw new HoldfastError('StoreUnreachable', 'no answer');
    };
    system.cache.get = down;
    system.cache.put = down;
    const run = await system.client.submit(task, { a: 'x' });
    await system.drive();
    expect(await system.client.result(run)).toBe('x1');
    expect(system.logged('result cache not')).toHaveLength(2);
  });
});
