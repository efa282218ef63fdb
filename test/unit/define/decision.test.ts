import { again, decision, done } from 'holdfast';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { validate } from '../../../lib/define/validate.ts';
import { decisionOf } from '../../../lib/define/workflow/decision.ts';
import { serialize } from '../../../lib/model/serialize.ts';

const schema = decision({
  again: z.object({ page: z.number().transform((page) => page + 1) }),
  done: z.object({ total: z.number() }),
});
const check = (value: unknown) => validate(schema as never, value, 'InvalidOutput', 'output');

describe('a decision', () => {
  it('is what again and done make, with falsy values too', () => {
    for (const value of [{ a: 1 }, 0, '', false, null, undefined]) {
      expect(decisionOf(again(value))).toEqual({ tag: 'again', value });
      expect(decisionOf(done(value))).toEqual({ tag: 'done', value });
    }
    expect(Object.isFrozen(done(1))).toBe(true);
  });

  it.each([
    [{ tag: 'done', value: 1 }],
    [{ ...done(1) }],
    [JSON.parse(JSON.stringify(done(1)))],
    [{ 'holdfast.decision': true, tag: 'done', value: 1 }],
    ['done'],
    [null],
    [undefined],
    [() => done(1)],
  ])('is not %o', (value) => {
    expect(decisionOf(value)).toBeUndefined();
  });

  it('is known across copies of its module', async () => {
    const path = '../../../lib/define/workflow/decision.ts?copy';
    const copy: typeof import('../../../lib/define/workflow/decision.ts') = await import(path);
    expect(copy.done).not.toBe(done);
    expect(decisionOf(copy.done(1))).toEqual({ tag: 'done', value: 1 });
  });

  it('inside of a value is refused, not stored as data', () => {
    expect(() => serialize({ inner: done(1) })).toThrow(
      expect.objectContaining({ code: 'NotSerializable', field: 'value.inner' }),
    );
  });
});

describe('the schema of a decision', () => {
  it('checks the value by the schema of its kind', async () => {
    expect(decisionOf(await check(again({ page: 1 })))).toEqual({ tag: 'again', value: { page: 2 } });
    expect(decisionOf(await check(done({ total: 3 })))).toEqual({ tag: 'done', value: { total: 3 } });
  });

  it.each([
    [again({ total: 1 }), 'output.again.page'],
    [done({ page: 1 }), 'output.done.total'],
    [done(7), 'output.done'],
    [{ tag: 'done', value: { total: 3 } }, 'output'],
    [undefined, 'output'],
  ])('refuses %o', async (value, field) => {
    await expect(check(value)).rejects.toMatchObject({ code: 'InvalidOutput', field });
  });

  it.each([
    [undefined, 'again'],
    [{ again: z.string() }, 'done'],
    [{ again: 'string', done: z.string() }, 'again'],
  ])('needs both schemas: %o', (kinds, field) => {
    expect(() => decision(kinds as never)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', field }),
    );
  });
});
