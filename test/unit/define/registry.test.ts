import { defineTask, defineWorkflow } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { type Definition, Registry } from '../../../lib/define/registry.ts';
import { Count, everything, invoice, task, waiting } from './samples.ts';

const duplicate = (field: string) => expect.objectContaining({ code: 'DuplicateName', field });
const workflow = (name: string, version?: number, step: string = 'a') =>
  defineWorkflow(name, { input: Count, ...(version !== undefined && { version }) })
    .map(step, (value) => value)
    .build();

describe('a registry of tasks and workflows', () => {
  it('registers the workflows of a module with their tasks', () => {
    const built = everything();
    const registry = Registry.fromModule({ built, alias: built, other: { kind: 'workflow' } });
    expect(registry.names()).toEqual(['charge', 'check', 'everything', 'fly', 'reserve', 'validate', 'wait']);
    expect(registry.byName('everything')).toMatchObject({
      definition: built,
      name: 'everything',
      hash: built.hash,
      shape: built.shape,
      nodes: built.nodes,
    });
    expect(registry.byHash(built.hash)?.definition).toBe(built);
  });

  it('gives a single task the form of a workflow', () => {
    const single = defineTask({ name: 'single', input: Count, timeout: '2s', lease: '3s', run: () => 1 });
    const registered = new Registry([single]).byName('single');
    expect(registered?.shape).toEqual({
      kind: 'task',
      name: 'single',
      body: [{ kind: 'step', id: 'task', task: 'single', leaseMs: 3_000, timeoutMs: 2_000 }],
    });
    expect([...(registered?.nodes ?? [])]).toEqual([
      ['task', { kind: 'step', task: single, policy: single.policy, retryIf: undefined, metadata: {} }],
    ]);
    expect(new Registry([task('bare')]).byName('bare')?.shape.body).toEqual([
      { kind: 'step', id: 'task', task: 'bare' },
    ]);
  });

  it('takes a task once that is exported and used by several workflows', () => {
    const shared = task('shared');
    const one = defineWorkflow('one', { input: Count }).step(shared).step(shared, { id: 'more' }).build();
    const two = defineWorkflow('two', { input: Count }).step(shared).build();
    expect(new Registry([shared, one, two]).names()).toEqual(['one', 'shared', 'two']);
  });

  it('refuses names that are taken', () => {
    const using = (name: string) => defineWorkflow(name, { input: Count }).step(task('a')).build();
    const cases: [Definition[], string][] = [
      [[task('a'), task('a')], 'a'],
      [[task('a'), using('b')], 'a'],
      [[using('b'), using('c')], 'a'],
      [[task('a'), workflow('a')], 'a'],
      [[workflow('w', 1, 'x'), workflow('w', 1, 'y')], 'w'],
      [[workflow('w'), workflow('w', 1)], 'w'],
    ];
    for (const [definitions, field] of cases) {
      expect(() => new Registry(definitions)).toThrow(duplicate(field));
    }
  });
});

describe('the workflows that a workflow starts', () => {
  const inner = defineWorkflow('inner', { input: Count }).step(task('deep')).build();
  const middle = (version: number) =>
    defineWorkflow('middle', { input: Count, version }).delay(`d${version}`, '1s').child(inner).build();
  const outer = (child: ReturnType<typeof middle>, name = 'outer') =>
    defineWorkflow(name, { input: Count }).child(child).child(child, { id: 'more' }).child(inner).build();

  it('are registered with it, and so are their tasks and what they start', () => {
    const registry = Registry.fromModule({ built: waiting() });
    expect(registry.names()).toEqual(['bill', 'invoice', 'remind', 'waiting']);
    expect(registry.byHash(invoice.hash)?.definition).toBe(invoice);
    const child = middle(1);
    const nested = new Registry([outer(child)]);
    expect(nested.names()).toEqual(['deep', 'inner', 'middle', 'outer']);
    expect(nested.byHash(child.hash)?.definition).toBe(child);
    expect(nested.byHash(inner.hash)?.definition).toBe(inner);
  });

  it('may be exported too, started by several, and be another version for each', () => {
    const [first, second] = [middle(1), middle(2)];
    const registry = new Registry([inner, outer(first), first, outer(second, 'newer')]);
    expect(registry.names()).toEqual(['deep', 'inner', 'middle', 'newer', 'outer']);
    expect(registry.byName('middle')?.definition).toBe(second);
    expect(registry.byHash(first.hash)?.definition).toBe(first);
  });

  it('have names that are theirs alone', () => {
    const other = defineWorkflow('inner', { input: Count }).step(task('other')).build();
    const using = (child: typeof inner) => defineWorkflow('using', { input: Count }).child(child).build();
    const cases: [Definition[], string][] = [
      [[using(inner), other as never], 'inner'],
      [[using(inner), task('inner')], 'inner'],
      [[using(inner), task('deep')], 'deep'],
    ];
    for (const [definitions, field] of cases) {
      expect(() => new Registry(definitions)).toThrow(duplicate(field));
    }
  });

  it('are gone through once each, however many ways lead to them', () => {
    let workflow = inner;
    for (let level = 0; level < 40; level += 1) {
      workflow = defineWorkflow(`level${level}`, { input: Count })
        .child(workflow, { id: 'left' })
        .child(workflow, { id: 'right' })
        .build() as never;
    }
    expect(new Registry([workflow]).names()).toHaveLength(42);
  });
});

describe('versions of a workflow', () => {
  const [first, second, tenth] = [workflow('w', 1, 'a'), workflow('w', 2, 'b'), workflow('w', 10, 'c')];

  it('are found by their hashes, and the highest by name', () => {
    for (const order of [
      [first, second, tenth],
      [tenth, first, second],
    ]) {
      const registry = new Registry(order);
      expect(registry.byName('w')?.definition).toBe(tenth);
      expect(order.map(({ hash }) => registry.byHash(hash)?.definition)).toEqual(order);
      expect(registry.names()).toEqual(['w']);
    }
  });

  it('of one shape are served by the highest', () => {
    const same = workflow('w', 3, 'a');
    expect(same.hash).toBe(first.hash);
    expect(new Registry([same, first]).byHash(first.hash)?.definition).toBe(same);
  });
});

describe('what keeps a run from being executed here', () => {
  const declared = defineTask({ name: 'declared', input: Count, output: Count });
  const using = defineWorkflow('using', { input: Count }).step(task('here')).step(declared).build();
  const registry = new Registry([using]);
  const hashOf = (name: string) => registry.byName(name)?.hash ?? ('' as never);
  const elsewhere = workflow('using', 2, 'other').hash;

  it('is told apart', () => {
    expect(registry.obstacle(hashOf('here'), 'here')).toBeUndefined();
    expect(registry.obstacle(elsewhere, 'using')).toMatchObject({
      code: 'DefinitionMismatch',
      field: 'using',
    });
    expect(registry.obstacle(elsewhere, 'nobody')).toMatchObject({ code: 'TaskNotFound', field: 'nobody' });
    expect(registry.obstacle(elsewhere)).toMatchObject({ code: 'TaskNotFound' });
    expect(registry.obstacle(hashOf('declared'), 'declared')).toMatchObject({
      code: 'TaskNotImplemented',
      field: 'task',
    });
    expect(registry.obstacle(using.hash, 'using')).toMatchObject({
      code: 'TaskNotImplemented',
      field: 'declared',
    });
  });

  it('is asked of names as they are', () => {
    expect(registry.obstacle(elsewhere, 'constructor')).toMatchObject({ code: 'TaskNotFound' });
  });
});

it('an exported workflow that was never built is named', () => {
  const unfinished = defineWorkflow('order', { input: Count }).map('same', (value) => value);
  expect(() => Registry.fromModule({ unfinished })).toThrow(
    expect.objectContaining({
      code: 'InvalidWorkflow',
      field: 'unfinished',
      message: expect.stringContaining('.build()'),
    }),
  );
});
