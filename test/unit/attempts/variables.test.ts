import { describe, expect, it } from 'vitest';
import { Variables } from '../../../lib/attempts/variables.ts';

describe('the variables of an attempt', () => {
  it('are what was set last under each name, as it was then', () => {
    const variables = new Variables();
    expect(variables.isEmpty).toBe(true);
    const list = [1];
    variables.set('list', list);
    list.push(2);
    variables.set('page', 1);
    variables.set('page', null);
    variables.set('gone', 0);
    variables.set('gone', undefined);
    expect(variables.kept).toEqual({ list: [1], page: null });
    expect(variables.isEmpty).toBe(false);
  });

  it.each(['', '1a', '__proto__', 'a b', 'x'.repeat(65), 3 as never])('have no name %j', (name) => {
    expect(() => new Variables().set(name, 1)).toThrow(expect.objectContaining({ code: 'InvalidName' }));
  });

  it('may be called constructor', () => {
    const variables = new Variables();
    variables.set('constructor', 1);
    expect(Object.entries(variables.kept)).toEqual([['constructor', 1]]);
  });

  it.each([
    [new Date(0), /^v is a Date/],
    [{ deep: [1n] }, /^v\.deep\.0 is a bigint/],
    [Number.NaN, /^v is NaN/],
  ])('are JSON, not %o', (value, message) => {
    const variables = new Variables();
    expect(() => variables.set('v', value)).toThrow(
      expect.objectContaining({ code: 'NotSerializable', message: expect.stringMatching(message) }),
    );
    expect(variables.isEmpty).toBe(true);
  });

  it('take 32 KB in all, and what does not fit leaves the others as they are', () => {
    const variables = new Variables();
    variables.set('a', 'x'.repeat(20_000));
    const tooMuch = () => variables.set('b', 'ü'.repeat(10_000));
    expect(tooMuch).toThrow(expect.objectContaining({ code: 'PayloadTooLarge', field: 'b' }));
    expect(Object.keys(variables.kept)).toEqual(['a']);
    // Instead of what it was, not beside it.
    variables.set('a', 'y'.repeat(30_000));
    expect(variables.kept.a).toHaveLength(30_000);
  });

  it('are a hundred at most', () => {
    const variables = new Variables();
    for (let index = 0; index < 100; index += 1) variables.set(`v${index}`, index);
    expect(() => variables.set('one-more', 1)).toThrow(expect.objectContaining({ code: 'PayloadTooLarge' }));
    variables.set('v99', 'changed');
    expect(variables.kept.v99).toBe('changed');
  });
});
