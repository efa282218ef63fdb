import { type Context, defineTask, type Task } from 'holdfast';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { hashOf, stableHash } from '../../../lib/define/hash.ts';
import { Registry } from '../../../lib/define/registry.ts';
import { taskDefinition } from '../../../lib/define/task-definition.ts';

const input = z.object({ n: z.number() });

describe('defineTask', () => {
  it('takes its types from schemas and handler', () => {
    const plain = defineTask({ name: 'plain', input, run: async ({ n }) => `${n}` });
    expectTypeOf(plain).toEqualTypeOf<Task<{ n: number }, string, 'plain'>>();
    const parsed = defineTask({
      name: 'parsed',
      input: z.object({ at: z.string().transform((text) => new Date(text)) }),
      output: z.object({ year: z.number().transform(String) }),
      run: ({ at }, ctx: Context) => ({ year: at.getFullYear() + ctx.attempt }),
    });
    expectTypeOf(parsed).toEqualTypeOf<Task<{ at: string }, { year: string }, 'parsed'>>();
    const declared = defineTask({ name: 'declared', input, output: z.string() });
    expectTypeOf(declared).toEqualTypeOf<Task<{ n: number }, string, 'declared'>>();
    expect(declared.run).toBeUndefined();
    // @ts-expect-error what has no handler says by a schema what it gives
    defineTask({ name: 'untyped', input });
    // @ts-expect-error the handler must return what the schema takes
    defineTask({ name: 'wrong', input, output: z.object({ a: z.string() }), run: () => ({ a: 1 }) });
    // @ts-expect-error a bare number is no duration
    expect(() => defineTask({ name: 'wrong', input, timeout: 30, run: () => 1 })).toThrow();
  });

  const bad = (over: object) => () => defineTask({ name: 'x', input, run: () => 1, ...over } as never);
  it.each([
    [{ name: '1x' }, 'InvalidName', 'name'],
    [{ run: 'no' }, 'InvalidArgument', 'run'],
    [{ input: {} }, 'InvalidArgument', 'input'],
    [{ output: 7 }, 'InvalidArgument', 'output'],
    [{ timeout: '0ms' }, 'InvalidArgument', 'task x: timeout'],
    [{ timeout: '8d' }, 'InvalidArgument', 'task x: timeout'],
    [{ lease: '10ms' }, 'InvalidArgument', 'task x: lease'],
    [{ lease: 'long' }, 'InvalidDuration', 'task x: lease'],
    [{ retry: { maxAttempts: 0 } }, 'InvalidArgument', 'task x: retry.maxAttempts'],
    [{ retry: { maxAttempts: 1.5 } }, 'InvalidArgument', 'task x: retry.maxAttempts'],
    [{ retry: { factor: 0.5 } }, 'InvalidArgument', 'task x: retry.factor'],
    [{ retry: { factor: Number.NaN } }, 'InvalidArgument', 'task x: retry.factor'],
    [{ cache: { ttl: '1ms' } }, 'InvalidArgument', 'task x: cache.ttl'],
  ])('refuses %j, naming task and field', (over, code, field) => {
    expect(bad(over)).toThrow(expect.objectContaining({ code, field }));
  });
});

describe('the registry', () => {
  const task = (name: string) => defineTask({ name, input, run: () => 1 });

  it('finds the tasks of a module by name and by hash, and leaves other exports alone', () => {
    const a = task('a');
    const registry = Registry.fromModule({ a, alias: a, b: task('b'), other: 7, nothing: null });
    expect(registry.names()).toEqual(['a', 'b']);
    expect(registry.byHash(hashOf(taskDefinition(a).shape))?.definition).toBe(a);
    expect(registry.byName('toString')).toBeUndefined();
  });

  it('refuses a module without tasks, and two tasks of one name', () => {
    expect(() => Registry.fromModule({ x: 1 })).toThrow(expect.objectContaining({ code: 'NoTasks' }));
    const two = { a: task('a'), b: task('a') };
    expect(() => Registry.fromModule(two)).toThrow(
      expect.objectContaining({ code: 'DuplicateName', field: 'a' }),
    );
  });

  it('a hash depends on the shape alone', () => {
    const retried = defineTask({ name: 'a', input, retry: { maxAttempts: 9 }, timeout: '1s', run: () => 1 });
    const hashes = [task('a'), retried, task('b')].map((each) => new Registry([each]).all()[0]?.hash);
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[0]).not.toBe(hashes[2]);
    expect(stableHash({ a: 1, b: 2 })).toBe(stableHash({ b: 2, a: 1 }));
    expect(stableHash(undefined)).toMatch(/^[0-9a-v]{26}$/);
  });
});
