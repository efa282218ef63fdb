import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Context } from '../../../lib/define/context.ts';

// The console is watched once in a process, and another test may have had it watched: these are modules of its own.
vi.resetModules();
const { attributeConsole } = await import('../../../lib/attempts/console.ts');
const { takeNotes } = await import('../../../lib/attempts/note-taker.ts');
const { withContext } = await import('../../../lib/define/context.ts');

const written: unknown[][] = [];
const methods = ['debug', 'log', 'info', 'warn', 'error', 'dir'] as const;
const originals = methods.map((method) => [method, console[method]] as const);

beforeAll(() => {
  for (const method of methods)
    console[method] = (...args: unknown[]) => void written.push([method, ...args]);
  attributeConsole();
  attributeConsole();
  return () => {
    for (const [method, original] of originals) console[method] = original;
  };
});
afterEach(() => {
  written.length = 0;
});

const listening = () => {
  const ctx = {} as Context;
  const heard: [string, string][] = [];
  takeNotes(ctx, { console: (...line) => heard.push(line), setResources: vi.fn() });
  return { ctx, heard };
};

describe('the console', () => {
  it('is told to the attempt below whose context it is called, and writes as before', async () => {
    const [a, b] = [listening(), listening()];
    const work = async (name: string) => {
      console.log('%s has %d', name, 1, { deep: [1] });
      await Promise.resolve();
      console.error(new RangeError(name).message);
      console.warn('w');
      console.info('i');
      console.debug('d');
      console.dir({ a: 1 });
    };
    await Promise.all([withContext(a.ctx, () => work('a')), withContext(b.ctx, () => work('b'))]);
    const expected = (name: string) => [
      ['info', `${name} has 1 { deep: [ 1 ] }`],
      ['error', name],
      ['warn', 'w'],
      ['info', 'i'],
      ['debug', 'd'],
      ['info', '{ a: 1 }'],
    ];
    expect(a.heard).toEqual(expected('a'));
    expect(b.heard).toEqual(expected('b'));
    // Once each, although it was asked for twice.
    expect(written).toHaveLength(12);
    expect(written[0]).toEqual(['log', '%s has %d', 'a', 1, { deep: [1] }]);
  });

  it('is nobody`s outside of a handler', () => {
    const { heard } = listening();
    console.log('outside');
    withContext({} as Context, () => console.log('of a context that nobody takes notes of'));
    expect(heard).toEqual([]);
    expect(written).toHaveLength(2);
  });

  it('leaves it to the console what becomes of a value that throws when it is looked at', () => {
    const { ctx, heard } = listening();
    const hostile = {
      [Symbol.for('nodejs.util.inspect.custom')]() {
        throw new Error('gotcha');
      },
    };
    withContext(ctx, () => console.log(hostile));
    expect(heard).toEqual([['info', 'something that cannot be shown']]);
    expect(written).toEqual([['log', hostile]]);
  });
});
