import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineTask } from '../../../lib/define/task.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

const add = defineTask({
  name: 'add',
  input: z.object({ to: z.number() }),
  run: ({ to }, { dependencies }) =>
    Object.values(dependencies as Record<string, number>).reduce((sum, value) => sum + value, to),
});
const names = defineTask({ name: 'names', input: z.null(), run: (_, { dependencies }) => dependencies });
const large = defineTask({ name: 'large', input: z.null(), run: () => 'x'.repeat(5_000) });
const breaks = defineTask({
  name: 'breaks',
  input: z.null(),
  retry: { maxAttempts: 1 },
  run: () => {
    throw new Error('broken');
  },
});
const tasks = { add, names, large, breaks };

const system = () => new VirtualSystem(tasks);

describe('runs that depend on others', () => {
  it('start once all of them have succeeded, and see their outputs', async () => {
    const s = system();
    const a = await s.client.submit(add, { to: 1 });
    const b = await s.client.submit(add, { to: 2 });
    const c = await s.client.submit(add, { to: 10 }, { dependsOn: [a, b.id] });
    expect(c).toMatchObject({ status: 'waiting', waitsFor: [a.id, b.id].sort(), dependsOn: [a.id, b.id] });
    await s.executeNext();
    expect(await s.client.get(c)).toMatchObject({ status: 'waiting', waitsFor: [b.id] });
    await s.executeNext();
    expect(await s.client.get(c)).toMatchObject({ status: 'ready' });
    await s.executeNext();
    expect(await s.client.get(c)).toMatchObject({ status: 'succeeded', output: 13 });
    expect(await s.client.get(a)).toMatchObject({ status: 'succeeded' });
    expect((await s.stored(a.id)).phase).toBe('succeeded');
  });

  it('need not wait for what has succeeded already', async () => {
    const s = system();
    const a = await s.client.submit(large, null);
    await s.drive();
    const b = await s.client.submit(names, null, { dependsOn: [a] });
    expect(b).toMatchObject({ status: 'ready', dependsOn: [a.id] });
    await s.drive();
    expect(await s.client.get(b)).toMatchObject({ output: { [a.id]: 'x'.repeat(5_000) } });
  });

  it.each([
    { onDependencyFailure: 'fail', status: 'failed' },
    { onDependencyFailure: 'skip', status: 'skipped' },
  ] as const)(
    '$status with $onDependencyFailure, and so do theirs',
    async ({ onDependencyFailure, status }) => {
      const s = system();
      const a = await s.client.submit(breaks, null);
      const b = await s.client.submit(add, { to: 1 }, { dependsOn: [a], onDependencyFailure });
      const c = await s.client.submit(add, { to: 1 }, { dependsOn: [b] });
      await s.drive();
      expect(await s.client.get(b)).toMatchObject({ status, error: { code: 'DependencyFailed' } });
      expect(await s.client.get(c)).toMatchObject({ status: 'failed', error: { code: 'DependencyFailed' } });
      for (const { id } of [a, b, c]) expect(['failed', 'skipped']).toContain((await s.stored(id)).phase);
    },
  );

  it('are told of a parent that had failed before', async () => {
    const s = system();
    const a = await s.client.submit(breaks, null);
    await s.drive();
    const b = await s.client.submit(add, { to: 1 }, { dependsOn: [a] });
    expect(await s.client.get(b)).toMatchObject({ status: 'failed' });
    await expect(s.client.retry(b)).rejects.toMatchObject({
      code: 'NotFailed',
      hint: 'Submit it again, under a new idempotency key if it had one.',
    });
  });

  it('fail with a parent that is cancelled', async () => {
    const s = system();
    const a = await s.client.submit(add, { to: 1 });
    const b = await s.client.submit(add, { to: 1 }, { dependsOn: [a] });
    await s.client.cancel(a);
    expect(await s.client.get(b)).toMatchObject({
      status: 'failed',
      error: { message: `Run ${a.id}, on which this one depends, has been cancelled` },
    });
  });

  it('are refused for runs that are not there, and of other tenants', async () => {
    const s = system();
    await expect(s.client.submit(add, { to: 1 }, { dependsOn: ['nobody'] })).rejects.toMatchObject({
      code: 'DependencyMissing',
      field: 'dependsOn.0',
    });
    const other = await s.client.submit(add, { to: 1 }, { tenant: 'other' });
    await expect(s.client.submit(add, { to: 1 }, { dependsOn: [other] })).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
  });

  it('are found again by their idempotency key', async () => {
    const s = system();
    const a = await s.client.submit(add, { to: 1 });
    const options = { dependsOn: [a], idempotencyKey: 'once' };
    const b = await s.client.submit(add, { to: 1 }, options);
    expect(await s.client.submit(add, { to: 1 }, options)).toMatchObject({ id: b.id, created: false });
    await s.drive();
    expect(await s.client.submit(add, { to: 1 }, options)).toMatchObject({ id: b.id, status: 'succeeded' });
  });
});

describe('a batch', () => {
  it('runs as a tree, with outputs by its own names', async () => {
    const s = system();
    const runs = await s.client.submitAll([
      { ref: 'last', task: names, input: null, dependsOn: ['a', 'b'] },
      { ref: 'b', task: add, input: { to: 2 }, dependsOn: ['a'] },
      { ref: 'a', task: add, input: { to: 1 } },
    ]);
    expect(runs.map(({ status }) => status)).toEqual(['waiting', 'waiting', 'ready']);
    await s.drive();
    expect(await s.client.get(runs[0])).toMatchObject({ status: 'succeeded', output: { a: 1, b: 3 } });
  });

  it('may depend on other runs, too', async () => {
    const s = system();
    const before = await s.client.submit(add, { to: 5 });
    const [run] = await s.client.submitAll([
      { ref: 'a', task: add, input: { to: 1 }, dependsOn: [before.id] },
    ]);
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ output: 6 });
  });

  it('is refused whole for a cycle, a bad input, a missing run, an equal name', async () => {
    const s = system();
    const cyclic = [
      { ref: 'a', task: 'add', input: { to: 1 }, dependsOn: ['c'] },
      { ref: 'b', task: 'add', input: { to: 1 }, dependsOn: ['a'] },
      { ref: 'c', task: 'add', input: { to: 1 }, dependsOn: ['b'] },
    ];
    await expect(s.client.submitAllByName(cyclic)).rejects.toMatchObject({
      code: 'DependencyCycle',
      message: 'The entries depend on each other: a → c → b → a',
    });
    const good = { ref: 'a', task: 'add', input: { to: 1 } };
    const cases = [
      { entry: { ref: 'b', task: 'add', input: 'x' }, error: { code: 'InvalidInput', field: '1.input' } },
      {
        entry: { ref: 'b', task: 'add', input: { to: 1 }, dependsOn: ['nobody'] },
        error: { code: 'DependencyMissing', field: '1.dependsOn.0' },
      },
      {
        entry: { ref: 'b', task: 'add', input: { to: 1 }, dependsOn: ['a', 'nobody'] },
        error: { code: 'DependencyMissing', field: '1.dependsOn.1' },
      },
      {
        entry: { ref: 'b', task: 'add', input: { to: 1 }, dependsOn: ['#'] },
        error: { code: 'InvalidArgument', field: '1.dependsOn.0' },
      },
      {
        entry: { ref: 'b', task: 'none', input: { to: 1 } },
        error: { code: 'UnknownTask', field: '1.task' },
      },
      { entry: { ...good }, error: { code: 'InvalidArgument', field: '1.ref' } },
    ];
    for (const { entry, error } of cases)
      await expect(s.client.submitAllByName([good, entry])).rejects.toMatchObject(error);
    const keyed = ['a', 'b'].map((ref) => ({ ...good, ref, idempotencyKey: 'same' }));
    await expect(s.client.submitAllByName(keyed)).rejects.toMatchObject({ field: '1.idempotencyKey' });
    await expect(s.client.submitAllByName([])).rejects.toMatchObject({ code: 'InvalidArgument' });
    expect(s.runs.writes).toEqual([]);
  });

  it('is found again by its keys, and refused where only some are there', async () => {
    const s = system();
    const entry = (ref: string, to = 1) => ({ ref, task: 'add', input: { to }, idempotencyKey: ref });
    const first = await s.client.submitAllByName([entry('a'), entry('b')]);
    const second = await s.client.submitAllByName([entry('a'), entry('b')]);
    expect(second.map(({ created, id }) => ({ created, id }))).toEqual(
      first.map(({ id }) => ({ created: false, id })),
    );
    const edged = [entry('a'), { ...entry('b'), dependsOn: ['a'] }];
    for (const other of [[entry('a'), entry('c')], [entry('a', 2)], edged])
      await expect(s.client.submitAllByName(other)).rejects.toMatchObject({ code: 'IdempotencyConflict' });
  });
});
