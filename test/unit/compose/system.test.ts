import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../../lib/compose/system.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

describe('ids', () => {
  const ids = Array.from({ length: 10_000 }, () => systemRandom.id());

  it('are all different, and in the order in which they were made', () => {
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(ids);
  });

  it('are ULIDs', () => {
    expect(ids.filter((id) => !new RegExp(`^[${alphabet}]{26}$`).test(id))).toEqual([]);
  });

  it('begin anew at random in each millisecond', () => {
    const firstOfEach = new Map(ids.toReversed().map((id) => [id.slice(0, 10), id.slice(10)]));
    expect(new Set(firstOfEach.values()).size).toBe(firstOfEach.size);
    expect(new Set([...firstOfEach.values()].map((random) => random.slice(0, 8))).size).toBe(
      firstOfEach.size,
    );
  });
});
