import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { directClient } from '../../../lib/client/direct-client.ts';
import { defaultPool } from '../../../lib/config/pools.ts';
import { Registry } from '../../../lib/define/registry.ts';
import { defineTask } from '../../../lib/define/task.ts';
import { done } from '../../../lib/define/workflow/decision.ts';
import { defineWorkflow } from '../../../lib/define/workflow/define-workflow.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

const addOne = defineTask({ name: 'add-one', input: z.number(), run: (n) => n + 1 });
const repeat = defineTask({ name: 'repeat', input: z.number(), run: (n) => 'x'.repeat(n) });
const shout = defineTask({ name: 'shout', input: z.string(), run: (text) => `${text.slice(0, 3)}!` });

const rest = defineWorkflow('rest', { input: z.coerce.number<string>() })
  .step(addOne, { id: 'first' })
  .delay('pause', '10m')
  .step(addOne, { id: 'task' })
  .build();

describe('the view of a workflow', () => {
  it('begins with its first node and lasts from its creation to its end', async () => {
    const system = new VirtualSystem({ rest });
    const created = system.clock.now();
    const run = await system.client.submit(rest, '1', { delay: '1m' });
    await system.drive();
    const finished = await system.client.get(run);
    expect(finished).toMatchObject({
      status: 'succeeded',
      output: 3,
      createdAt: new Date(created).toISOString(),
      startedAt: new Date(created + 60_000).toISOString(),
      endedAt: new Date(created + 660_000).toISOString(),
      durationMs: 660_000,
    });
    // A listing reads no history: what it would have to guess is left out.
    const { runs } = await system.client.list();
    expect(runs).toMatchObject([{ id: run.id, durationMs: 660_000 }]);
    expect(runs[0]).not.toHaveProperty('startedAt');
    expect(runs[0]).not.toHaveProperty('nodes');
  });

  it('is of the node that is worked on, whatever the others are called', async () => {
    const flaky = defineTask({
      name: 'flaky',
      input: z.number(),
      retry: { maxAttempts: 7 },
      run: () => {
        throw new Error('not yet');
      },
    });
    const workflow = defineWorkflow('two', { input: z.number() })
      .step(addOne, { id: 'task' })
      .step(flaky)
      .build();
    const system = new VirtualSystem({ workflow });
    const run = await system.client.submit(workflow, 1);
    await system.executeNext();
    expect(await system.client.get(run)).toMatchObject({
      status: 'ready',
      attempt: 1,
      maxAttempts: 7,
      error: { message: 'not yet', attempt: 1 },
    });
  });

  it('shows how large a value is that is too large to be shown beside others', async () => {
    const large = defineWorkflow('large', { input: z.number() }).step(repeat).step(shout).build();
    const system = new VirtualSystem({ large });
    const run = await system.client.submit(large, 20_000);
    await system.drive();
    const finished = await system.client.get(run);
    const [first, second] = finished.nodes ?? [];
    expect(finished).toMatchObject({ output: 'xxx!' });
    expect(first).toMatchObject({ id: 'repeat', outputBytes: 20_002 });
    expect(first).not.toHaveProperty('output');
    expect(second).toMatchObject({ id: 'shout', output: 'xxx!' });
  });

  it('reads nothing but the run while it is waited for', async () => {
    const large = defineWorkflow('large', { input: z.number() }).step(repeat).step(shout).build();
    const system = new VirtualSystem({ large });
    const reads: string[] = [];
    const get = system.payloads.get.bind(system.payloads);
    system.payloads.get = async (key, name) => {
      reads.push(name);
      return await get(key, name);
    };
    const run = await system.client.submit(large, 5_000);
    await system.drive();
    reads.length = 0;
    expect(await system.client.result(run)).toBe('xxx!');
    expect(await system.client.get(run, { nodes: false })).not.toHaveProperty('nodes');
    expect(reads).toEqual([]);
    expect((await system.client.wait(run)).nodes).toHaveLength(2);
    expect(reads).toHaveLength(1);
  });

  it('counts what was open as cancelled once the run is', async () => {
    const system = new VirtualSystem({ rest });
    const run = await system.client.submit(rest, '1');
    await system.executeNext();
    await system.client.cancel(run, { reason: 'no longer wanted' });
    const cancelled = await system.client.get(run);
    expect(cancelled).toMatchObject({ status: 'cancelled', cancel: { reason: 'no longer wanted' } });
    expect(cancelled.nodes?.map(({ id, status }) => [id, status])).toEqual([
      ['first', 'succeeded'],
      ['pause', 'cancelled'],
    ]);
  });
});

describe('submitting a workflow', () => {
  it('checks the input once, and hands on what the schema makes of it', async () => {
    const system = new VirtualSystem({ rest });
    await expect(system.client.submit(rest, 'many')).rejects.toMatchObject({
      code: 'InvalidInput',
      field: 'input',
    });
    const run = await system.client.submitByName('rest', '41');
    expect(run).toMatchObject({ kind: 'workflow', input: 41, created: true });
  });

  it.each([{ timeout: '5s' as const }, { maxAttempts: 3 }])(
    'refuses %j, which steps have',
    async (option) => {
      const system = new VirtualSystem({ rest });
      await expect(system.client.submit(rest, '1', option)).rejects.toMatchObject({
        code: 'InvalidArgument',
        field: Object.keys(option)[0],
        message: expect.stringContaining('belongs to the steps'),
      });
    },
  );

  it('refuses tags that no pool has, of any step however deep, naming it; nothing is stored', async () => {
    const begin = defineWorkflow('tagged', { input: z.number() }).step(addOne);
    const workflow = begin
      .fork({
        a: (b) => b.map('same', (n) => n),
        b: (b) =>
          b.branch(
            'way',
            () => 'x' as const,
            { x: (c) => c.map('same', (n) => n) },
            (c) => c.step(addOne, { tags: ['gpu', 'eu'] }),
          ),
      })
      .join('sum', ({ a, b }) => a + b)
      .build();
    const join = begin
      .fork({ a: (b) => b.map('same', (n) => n) })
      .join(defineTask({ name: 'join', input: z.object({ a: z.number() }), run: ({ a }) => a }), {
        tags: ['gpu'],
      })
      .build();
    const looping = begin
      .loop('round', (b) => b.step(addOne, { id: 'deep', tags: ['gpu'] }).map('end', done), {
        maxIterations: 2,
      })
      .build();
    const system = new VirtualSystem({ workflow });
    for (const [tagged, node] of [
      [workflow, 'sum/b/way/~/add-one'],
      [join, 'join'],
      [looping, 'round/deep'],
    ] as const) {
      await expect(system.client.submit(tagged, 1)).rejects.toMatchObject({
        code: 'UnknownTag',
        field: 'tags',
        message: expect.stringContaining(node),
      });
    }
    expect(system.runs.writes).toEqual([]);
    expect(await system.definitions.get(workflow.hash)).toBeUndefined();
  });

  it('finds the run of the same key, and refuses another workflow under it', async () => {
    const other = defineWorkflow('other', { input: z.coerce.number<string>() }).step(addOne).build();
    const system = new VirtualSystem({ rest, other });
    const run = await system.client.submit(rest, '1', { idempotencyKey: 'k' });
    expect(await system.client.submit(rest, '1', { idempotencyKey: 'k' })).toMatchObject({
      id: run.id,
      created: false,
    });
    await expect(system.client.submit(other, '1', { idempotencyKey: 'k' })).rejects.toMatchObject({
      code: 'IdempotencyConflict',
    });
  });
});

describe('definitions', () => {
  const old = defineWorkflow('rest', { input: z.number(), version: 1 }).step(addOne).build();
  const young = defineWorkflow('rest', { input: z.number(), version: 2 })
    .step(addOne, { id: 'other' })
    .build();

  it('are found by name, the highest version, and by hash', async () => {
    const { client, registry } = new VirtualSystem({ old, young });
    expect(await client.definition('rest')).toEqual({
      name: 'rest',
      kind: 'workflow',
      version: 2,
      hash: young.hash,
      shape: young.shape,
    });
    expect(await client.definition(old.hash)).toMatchObject({ version: 1, hash: old.hash, shape: old.shape });
    const task = await client.definition('add-one');
    expect(task).toMatchObject({ kind: 'task', hash: registry.byName('add-one')?.hash });
    expect(task).not.toHaveProperty('version');
  });

  it('are kept once they were submitted, for when their code is gone', async () => {
    const system = new VirtualSystem({ old });
    await system.client.submit(old, 1);
    const pools = { [defaultPool]: { tags: [], lanes: { normal: 'http://127.0.0.1/queue' } } };
    const elsewhere = directClient({ ...system.ports(), pools, registry: new Registry([addOne]) });
    expect(await elsewhere.definition(old.hash)).toEqual({
      name: 'rest',
      kind: 'workflow',
      hash: old.hash,
      shape: old.shape,
    });
    await expect(elsewhere.definition('rest')).rejects.toMatchObject({
      code: 'NotFound',
      field: 'definition',
    });
    await expect(elsewhere.definition('__proto__')).rejects.toMatchObject({ code: 'NotFound' });
    await expect(elsewhere.definition('0123456789abcdef')).rejects.toMatchObject({ code: 'NotFound' });
  });
});
