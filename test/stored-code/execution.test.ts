import { describe, expect, it } from 'vitest';
import { execute } from './execute.ts';

describe('stored code', () => {
  it('is imported as if from files: relative paths, JSON, TypeScript', async () => {
    const { value } = await execute(
      {
        'lib/main.ts': `
          import { add } from './math/add.js';
          import data from '../data.json' with { type: 'json' };
          import { posix } from 'node:path';
          interface Parameters { readonly n: number }
          export async function main({ n }: Parameters): Promise<unknown> {
            const { twice } = await import('../twice.mjs');
            return { sum: add(n, data.one), twice: twice(n), joined: posix.join('a', 'b'), url: import.meta.url };
          }`,
        'lib/math/add.js': `import { zero } from '../../zero.js'; export const add = (a, b) => a + b + zero;`,
        'zero.js': 'export const zero = 0;',
        'twice.mjs': 'export const twice = (n) => 2 * n;',
        'data.json': '{"one": 1}',
      },
      { filePath: 'lib/main.ts', parameters: { n: 41 } },
    );
    expect(value).toEqual({ sum: 42, twice: 82, joined: 'a/b', url: 'stored-code:///lib/main.ts' });
  });

  it.each([null, 0, '', false, [], {}, { a: [1, { b: null }] }, 'ü😀', undefined])(
    'returns %j',
    async (result) => {
      const source = `export const main = async () => (${result === undefined ? 'undefined' : JSON.stringify(result)});`;
      expect(await execute(source)).toMatchObject({ value: result });
    },
  );

  it('gets its parameters, and a context of its own', async () => {
    const { logs, value, variables } = await execute(
      `export default (parameters, ctx) => {
        ctx.logger.info('begun');
        console.warn('%s is', 'this', { deep: [1] });
        ctx.setVariable('page', 3);
        ctx.setVariable('gone', 1);
        ctx.setVariable('gone', undefined);
        return { parameters, own: Object.keys(ctx).sort(), is: [ctx.executionId, ctx.workflowId, ctx.caller, ctx.organization, ctx.attempt] };
      }`,
      { functionName: 'default', parameters: { a: [1] } },
    );
    expect(value).toEqual({
      parameters: { a: [1] },
      own: ['attempt', 'caller', 'executionId', 'logger', 'organization', 'setVariable', 'workflowId'],
      is: ['r1', 'w1', 'ann', 'acme', 1],
    });
    expect(variables).toEqual({ page: 3 });
    expect(logs?.map(({ at: _, ...line }) => line)).toEqual([
      { level: 'info', message: 'begun' },
      { level: 'warn', message: 'this is { deep: [ 1 ] }', console: true },
    ]);
  });

  it('is measured by its own thread', async () => {
    const { resources } = await execute(
      `export const main = () => { const kept = new Uint8Array(20e6).fill(1); const until = Date.now() + 300; while (Date.now() < until); return kept.length; }`,
    );
    expect(resources).not.toHaveProperty('shared');
    expect(resources?.userCpuSeconds).toBeGreaterThan(0.05);
    expect(resources?.peakMemoryMb).toBeGreaterThan(19);
  });

  it.each([
    [
      'a throw',
      `export const main = () => { throw new RangeError('out of it'); }`,
      { name: 'RangeError', message: 'out of it' },
    ],
    [
      'an error of its own',
      `class Mine extends Error { constructor(m) { super(m); this.name = 'Mine'; this.code = 'E7'; } }
       export const main = async () => { throw new Mine('no'); }`,
      { name: 'Mine', message: 'no', code: 'E7' },
    ],
    [
      'a throw as it is imported',
      `throw new TypeError('early'); export const main = 1;`,
      { name: 'TypeError', message: 'early' },
    ],
    ['a syntax error', 'export const main = (', { name: 'SyntaxError' }],
    [
      'a floating rejection',
      `export const main = () => { Promise.reject(new EvalError('floating')); return new Promise(() => setTimeout(() => {}, 1e6)); }`,
      { name: 'EvalError', message: 'floating' },
    ],
    [
      'an error in a timer',
      `export const main = () => new Promise(() => setTimeout(() => { throw new Error('late') }))`,
      { message: 'late' },
    ],
    [
      'nothing left to do',
      'export const main = () => new Promise(() => {});',
      { code: 'ThreadEnded', message: /it waits for what can never come$/ },
    ],
    [
      'no such function',
      'export const other = 1;',
      { code: 'FunctionNotFound', message: 'main.js exports no function named main' },
    ],
    ['no function', 'export const main = 1;', { code: 'FunctionNotFound' }],
    [
      'a result that JSON would change',
      'export const main = () => ({ at: new Date() })',
      { code: 'NotSerializable', message: /output\.at is a Date/ },
    ],
    [
      'a result that is too large',
      `export const main = () => 'x'.repeat(400000)`,
      { code: 'OutputTooLarge' },
    ],
    [
      'a code of ours that it made up',
      `export const main = () => { throw Object.assign(new Error('x'), { name: 'HoldfastError', code: 'LeaseLost' }); }`,
      { name: 'HoldfastError', constructor: Error },
    ],
    [
      'a bad variable',
      `export const main = (_, { setVariable }) => setVariable('a b', 1)`,
      { code: 'InvalidName' },
    ],
  ])('fails by %s', async (_name, source, failure: object) => {
    const { message = /./, ...expected } = failure as { message?: string | RegExp };
    const { error } = await execute(source);
    expect(error).toMatchObject({ ...expected, message: expect.stringMatching(message) });
  });

  it.each([
    [
      'a floating rejection',
      "void Promise.reject(new RangeError('left'))",
      { name: 'RangeError', message: 'left' },
    ],
    [
      'a throw in a timer',
      "setTimeout(() => { throw new RangeError('left'); })",
      { name: 'RangeError', message: 'left' },
    ],
    ['a floating text', "void Promise.reject('left')", 'left'],
    ['a floating nothing', 'void Promise.reject()', 'undefined'],
  ])('fails by %s, as it is', async (_name, statement, error) => {
    const source = `export const main = async () => { ${statement}; for (;;) await new Promise((r) => setTimeout(r, 9)); }`;
    expect((await execute(source)).error).toEqual(
      typeof error === 'string' ? error : expect.objectContaining(error),
    );
  });

  it.each([
    "Object.assign(() => 1, { toString() { throw new Error('no'); } })",
    "new Proxy(new Error('a'), { get() { throw new Error('no'); } })",
  ])('says so where what it throws cannot be described: %s', async (thrown) => {
    const { error } = await execute(`export const main = () => { throw ${thrown}; }`);
    expect(error).toBe('something was thrown that cannot be described');
  });

  it.each(['just text', null, 7])('fails by a throw of %j', async (thrown) => {
    expect(await execute(`export const main = () => { throw ${JSON.stringify(thrown)}; }`)).toMatchObject({
      error: String(thrown),
    });
  });

  it.each([
    ['a busy loop', 'export const main = () => { for (;;); }'],
    ['a busy loop as it is imported', 'for (;;); export const main = 1;'],
    ['a regular expression', `export const main = () => /^(a+)+$/.test('a'.repeat(60) + 'b')`],
    [
      'a promise that never settles',
      'export const main = () => new Promise(() => setTimeout(() => {}, 1e6))',
    ],
    ['a loop of microtasks', 'export const main = async () => { for (;;) await null; }'],
  ])('is ended in the middle of %s when it is no longer wanted', async (_name, source) => {
    const abort = new AbortController();
    const running = execute(source, { signal: abort.signal });
    setTimeout(() => abort.abort(new Error('too late')), 400);
    expect(await running).toMatchObject({ error: { message: 'too late' } });
  });

  it('is not begun when it is not wanted any more', async () => {
    const signal = AbortSignal.abort(new Error('never mind'));
    expect(await execute('export const main = () => 1', { signal })).toMatchObject({
      error: { message: 'never mind' },
    });
  });

  it.each([
    [
      'its heap',
      'const all = []; export const main = () => { for (;;) all.push({ n: Math.random(), list: [1, 2, 3] }); }',
    ],
    [
      'its buffers',
      'const all = []; export const main = async () => { for (;;) { all.push(new Uint8Array(1e6).fill(1)); await null; } }',
    ],
    [
      'a map',
      'export const main = () => { const all = new Map(); for (let i = 0; ; i += 1) all.set(i, { i }); }',
    ],
    ['a text', "export const main = () => ['x', 'y'].map((c) => c.repeat(2 ** 28))"],
    ['a list', 'export const main = () => { let all = [1]; for (;;) all = all.concat(all); }'],
  ])('is ended when %s outgrow its limit, and this process goes on', async (_name, source) => {
    expect(await execute(source, { memoryMib: 32 })).toMatchObject({
      error: { code: 'ThreadEnded', message: 'stored code main.js ended its thread: its memory ran out' },
    });
  });

  it('tells a limited amount', async () => {
    const { logs, value } = await execute(
      `export const main = () => { for (let i = 0; i < 1e5; i += 1) console.log('line ' + i); console.log('x'.repeat(1e6)); return 'done'; }`,
    );
    expect(value).toBe('done');
    expect(logs?.[0]).toMatchObject({ message: 'line 0' });
    expect(logs?.at(-1)).toMatchObject({ level: 'warn', message: '… 98001 more lines are left out …' });
  });

  it('imports what it is allowed to by name, and nothing by a name that is longer', async () => {
    const source = `import * as z from 'zod'; import { createHash } from 'node:crypto'; import { inspect } from 'util';
      export const main = (x) => [z.string().safeParse(x).success, createHash('sha256').update('a').digest('hex').length, inspect([1])];`;
    const imports = ['zod', 'node:crypto', 'node:util'];
    expect(await execute(source, { imports, parameters: 1 })).toMatchObject({ value: [false, 64, '[ 1 ]'] });
    const more = `export const main = () => import('zod/v4')`;
    expect(await execute(more, { imports })).toMatchObject({ error: { code: 'ImportNotAllowed' } });
  });

  it('says so when a module that may be imported is not there', async () => {
    const { error } = (await execute('export const main = () => 1', { imports: ['no-such-package'] })) as {
      error: Error;
    };
    expect(error).toMatchObject({
      code: 'ERR_MODULE_NOT_FOUND',
      message: expect.stringMatching(/no-such-package/),
    });
  });
});
