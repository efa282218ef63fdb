import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunId } from '../../lib/model/ids.ts';
import type { Run } from '../../lib/model/run.ts';
import type { Condition, Update } from '../../lib/model/transition.ts';
import { sampleRun } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';

const id = (name: string) => name as RunId;
const ids = (...names: string[]) => names as RunId[];
const mark: Update = { set: ['looks'], value: 77 };
const set = ['dependents'];

describe.each(storeSubjects())('RunStore with sets: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  const given = async (overrides: Partial<Run> = {}): Promise<Run> => {
    const run = sampleRun(overrides);
    await stores.runs.create({ name: 'submit', run });
    return run;
  };
  const apply = (run: Run, conditions: readonly Condition[], updates: readonly Update[]) =>
    stores.runs.apply({
      name: 'test',
      key: { tenant: run.tenant, run: run.run },
      guards: conditions.map((condition) => ({ ...condition, guard: 'test' })),
      updates,
    });

  describe('conditions', () => {
    const some = { dependents: ids('a', 'b', 'c') };
    const long = { dependents: ids('abc') };
    test.each<[string, Partial<Run>, Condition, boolean]>([
      ['a member is contained', some, { is: 'contains', path: set, value: 'b' }, true],
      ['another is not', some, { is: 'contains', path: set, value: 'd' }, false],
      ['a part of a name is no member', long, { is: 'contains', path: set, value: 'b' }, false],
      ['a missing set contains nothing', {}, { is: 'contains', path: set, value: 'a' }, false],
      ['a member is not lacking', some, { is: 'lacks', path: set, value: 'b' }, false],
      ['another lacks', some, { is: 'lacks', path: set, value: 'd' }, true],
      ['a part of a name lacks', long, { is: 'lacks', path: set, value: 'b' }, true],
      ['a missing set lacks everything', {}, { is: 'lacks', path: set, value: 'a' }, true],
      ['three are fewer than four', some, { is: 'fewer', path: set, value: 4 }, true],
      ['three are not fewer than three', some, { is: 'fewer', path: set, value: 3 }, false],
      ['three are not fewer than two', some, { is: 'fewer', path: set, value: 2 }, false],
      ['a missing set has fewer than one', {}, { is: 'fewer', path: set, value: 1 }, true],
      ['a missing set has fewer than any number', {}, { is: 'fewer', path: set, value: 0 }, true],
      ['one is not fewer than one', { dependents: ids('a') }, { is: 'fewer', path: set, value: 1 }, false],
      ['a set is present', some, { is: 'present', path: set }, true],
      ['one that is not there is absent', {}, { is: 'absent', path: set }, true],
    ])('%s', async (_, overrides, condition, holds) => {
      const run = await given(overrides);
      const expected = holds ? { applied: true, run: { ...run, looks: 77 } } : { applied: false, run };
      expect(await apply(run, [condition], [mark])).toEqual(expected);
    });

    test('hold together with others, on either side', async () => {
      const run = await given({ rev: 1, ...some });
      const fewer: Condition = { is: 'fewer', path: set, value: 4 };
      const wrong: Condition = { is: '=', path: ['rev'], value: 2 };
      // Whatever stands for "absent or smaller" must not swallow its neighbours.
      expect((await apply(run, [fewer, wrong], [mark])).applied).toBe(false);
      expect((await apply(run, [wrong, fewer], [mark])).applied).toBe(false);
      expect((await apply(run, [wrong, { is: 'lacks', path: set, value: 'z' }], [mark])).applied).toBe(false);
      expect((await apply(run, [{ is: '=', path: ['rev'], value: 1 }, fewer], [mark])).applied).toBe(true);
    });

    test('see the set as it was before the write', async () => {
      const run = await given({ waitsFor: ids('a') });
      const drop: Update = { drop: ['waitsFor'], members: ['a'] };
      const there: Condition = { is: 'contains', path: ['waitsFor'], value: 'a' };
      expect((await apply(run, [there], [drop])).applied).toBe(true);
      expect((await apply(run, [there], [drop])).applied).toBe(false);
    });
  });

  describe('updates', () => {
    test('the first member makes the set, further ones join it, in order of their names', async () => {
      const run = await given();
      const first = await apply(run, [], [{ add: set, members: ['m'] }]);
      expect(first).toEqual({ applied: true, run: { ...run, dependents: ids('m') } });
      const more = await apply(run, [], [{ add: set, members: ['z', 'b', 'B', '1'] }]);
      const expected = { ...run, dependents: ids('1', 'B', 'b', 'm', 'z') };
      expect(more).toEqual({ applied: true, run: expected });
      expect(await stores.runs.get(run)).toEqual(expected);
      expect(await stores.runs.getMany([run])).toEqual([expected]);
    });

    test('who is in it already does no harm', async () => {
      const run = await given({ dependents: ids('a', 'b') });
      expect(await apply(run, [], [{ add: set, members: ['b', 'b', 'c'] }])).toEqual({
        applied: true,
        run: { ...run, dependents: ids('a', 'b', 'c') },
      });
      expect(await apply(run, [], [{ add: set, members: ['c'] }])).toEqual({
        applied: true,
        run: { ...run, dependents: ids('a', 'b', 'c') },
      });
    });

    test('members go, and the set with its last one', async () => {
      const run = await given({ dependents: ids('a', 'b', 'c') });
      const { dependents: _, ...without } = run;
      expect(await apply(run, [], [{ drop: set, members: ['b'] }])).toEqual({
        applied: true,
        run: { ...run, dependents: ids('a', 'c') },
      });
      expect(await apply(run, [], [{ drop: set, members: ['a', 'c', 'x'] }])).toEqual({
        applied: true,
        run: without,
      });
      expect(await apply(run, [{ is: 'absent', path: set }], [{ add: set, members: ['d'] }])).toEqual({
        applied: true,
        run: { ...run, dependents: ids('d') },
      });
    });

    test('who is not in it, or in a set that is missing, need not be taken out', async () => {
      const run = await given({ dependents: ids('a') });
      expect(await apply(run, [], [{ drop: set, members: ['b'] }, mark])).toEqual({
        applied: true,
        run: { ...run, looks: 77 },
      });
      expect(await apply(run, [], [{ drop: ['waitsFor'], members: ['a'] }])).toEqual({
        applied: true,
        run: { ...run, looks: 77 },
      });
    });

    test('nobody to add or to take out changes nothing', async () => {
      const run = await given({ dependents: ids('a') });
      const none: Update[] = [
        { add: set, members: [] },
        { drop: ['waitsFor'], members: [] },
      ];
      expect(await apply(run, [], none)).toEqual({ applied: true, run });
      expect(await apply(run, [], [...none, mark])).toEqual({ applied: true, run: { ...run, looks: 77 } });
    });

    test('go together with all others, in one write', async () => {
      const run = await given({ waitsFor: ids('a', 'b'), dependencies: { [id('a')]: {}, [id('b')]: {} } });
      const applied = await apply(
        run,
        [{ is: 'contains', path: ['waitsFor'], value: 'a' }],
        [
          { drop: ['waitsFor'], members: ['a'] },
          { add: set, members: ['x'] },
          { set: ['dependencies', 'a', 'output'], value: { text: '1' } },
          { set: ['rev'], from: ['rev'], by: 1 },
          { remove: ['traceparent'] },
        ],
      );
      const expected = {
        ...run,
        rev: 1,
        waitsFor: ids('b'),
        dependents: ids('x'),
        dependencies: { a: { output: { text: '1' } }, b: {} },
      };
      expect(applied).toEqual({ applied: true, run: expected });
    });

    test('a set is set and removed as a whole, too', async () => {
      const run = await given({ dependents: ids('a') });
      const { dependents: _, ...without } = run;
      expect(await apply(run, [], [{ set, value: ['q', 'c', 'c'] }])).toEqual({
        applied: true,
        run: { ...run, dependents: ids('c', 'q') },
      });
      expect(await apply(run, [], [{ remove: set }])).toEqual({ applied: true, run: without });
    });

    test('256 members of the longest names are kept', async () => {
      const members = Array.from({ length: 256 }, (_, index) => `${index}`.padStart(128, 'r'));
      const run = await given({ dependents: ids(...members) });
      expect(await stores.runs.get(run)).toEqual({ ...run, dependents: [...members].sort() });
      expect((await apply(run, [{ is: 'fewer', path: set, value: 256 }], [mark])).applied).toBe(false);
      expect((await apply(run, [{ is: 'fewer', path: set, value: 257 }], [mark])).applied).toBe(true);
    });

    test('20 that add at once, without having read, all get in', async () => {
      const run = await given();
      const members = Array.from({ length: 20 }, (_, index) => `m${String(index).padStart(2, '0')}`);
      await Promise.all(members.map((member) => apply(run, [], [{ add: set, members: [member] }])));
      expect(await stores.runs.get(run)).toEqual({ ...run, dependents: members });
    });

    test('of 20 that add where there is room for three, three get in', async () => {
      const run = await given();
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          apply(run, [{ is: 'fewer', path: set, value: 3 }], [{ add: set, members: [`m${index}`] }]),
        ),
      );
      expect(outcomes.filter(({ applied }) => applied)).toHaveLength(3);
      expect(await stores.runs.get(run)).toMatchObject({ dependents: { length: 3 } });
    });
  });

  test('a set that was given in any order comes back in the order of its members', async () => {
    const run = await given({ waitsFor: ids('b', 'a'), dependents: ids('d', 'c') });
    const expected = { ...run, waitsFor: ids('a', 'b'), dependents: ids('c', 'd') };
    expect(await stores.runs.get(run)).toEqual(expected);
    expect(await stores.runs.create({ name: 'submit', run })).toEqual({ applied: false, run: expected });
  });

  test('an empty set is refused: it must be left out', async () => {
    const run = sampleRun({ waitsFor: [] });
    await expect(stores.runs.create({ name: 'submit', run })).rejects.toThrow('empty');
    await expect(stores.runs.createAll([{ name: 'submit', run }])).rejects.toThrow('empty');
    expect(await stores.runs.get(run)).toBeUndefined();
    const full = await given({ waitsFor: ids('a') });
    await expect(apply(full, [], [{ set: ['waitsFor'], value: [] }])).rejects.toThrow('empty');
    expect(await stores.runs.get(full)).toEqual(full);
  });
});
