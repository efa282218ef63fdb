import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deserialize, serialize } from '../../../lib/model/serialize.ts';

/** Anything JSON can carry, and undefined anywhere; no negative zero, whose sign JSON drops. */
const storable = fc
  .anything({ withNullPrototype: false, withSparseArray: false })
  .filter((value) => isStorable(value));

function isStorable(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value !== 'object' || value === null || Object.values(value).every(isStorable);
}

describe('serialize', () => {
  it('gives every storable value back as it was', () => {
    fc.assert(
      fc.property(storable, (value) => {
        expect(deserialize(serialize(value))).toStrictEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps undefined wherever it stands', () => {
    const value = { a: undefined, b: [undefined, { c: undefined }], __proto__x: null };
    expect(deserialize(serialize(value))).toStrictEqual(value);
    expect(deserialize(serialize(undefined))).toBeUndefined();
    expect(deserialize(serialize([undefined]))).toStrictEqual([undefined]);
    const hostile = JSON.parse('{"__proto__": {"polluted": true}, "x": 1}');
    hostile.y = undefined;
    const back = deserialize(serialize(hostile)) as object;
    expect(Object.keys(back)).toEqual(['__proto__', 'x', 'y']);
    expect({}).not.toHaveProperty('polluted');
    const undefinedKey = Object.defineProperty({}, '__proto__', { value: undefined, enumerable: true });
    expect(Object.keys(deserialize(serialize(undefinedKey)) as object)).toEqual(['__proto__']);
  });

  it('shows the holes of an array as undefined', () => {
    const sparse: unknown[] = [];
    sparse[2] = 1;
    expect(deserialize(serialize(sparse))).toStrictEqual([undefined, undefined, 1]);
  });

  it('takes objects without a prototype, and text that looks like its own marks', () => {
    const bare = Object.assign(Object.create(null), { a: 1 });
    expect(deserialize(serialize(bare))).toEqual({ a: 1 });
    for (const text of ['undefined', 'undefined[["a"]]\n{}', ''])
      expect(deserialize(serialize(text))).toBe(text);
  });

  class Point {
    x = 1;
  }
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  let deep: unknown = 1;
  for (let level = 0; level < 300; level += 1) deep = [deep];

  it.each([
    ['a date', { when: new Date(0) }, 'value.when'],
    ['a map', [new Map()], 'value.0'],
    ['a set', new Set(), 'value'],
    ['a regular expression', /x/, 'value'],
    ['an error', new Error('x'), 'value'],
    ['an instance', { at: new Point() }, 'value.at'],
    ['a typed array', new Uint8Array(2), 'value'],
    ['a bigint', 1n, 'value'],
    ['a symbol', { a: Symbol('x') }, 'value.a'],
    ['a symbol key', { [Symbol('x')]: 1 }, 'value'],
    ['a function', { f: () => 1 }, 'value.f'],
    ['a method named toJSON', { toJSON: () => 1 }, 'value.toJSON'],
    ['NaN', { n: Number.NaN }, 'value.n'],
    ['infinity', [Number.NEGATIVE_INFINITY], 'value.0'],
    ['a cycle', cycle, 'value.self'],
    ['something without a constructor', Object.create(Object.create(Object.create(null))), 'value'],
  ])('refuses %s, naming its path', (_what, value, field) => {
    expect(() => serialize(value)).toThrow(expect.objectContaining({ code: 'NotSerializable', field }));
  });

  it('refuses what is nested too deeply, and says what is damaged', () => {
    expect(() => serialize(deep)).toThrow(/deeper than 200/);
    expect(() => deserialize('{')).toThrow(expect.objectContaining({ code: 'NotSerializable' }));
    expect(() => deserialize('undefined[["a","b"]]\n{}')).toThrow(/damaged/);
  });

  it('takes the same value twice, as long as it does not contain itself', () => {
    const shared = { a: 1 };
    expect(deserialize(serialize([shared, shared]))).toEqual([shared, shared]);
  });
});
