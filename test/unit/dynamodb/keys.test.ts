import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRunPartition, runKey, shardOf } from '../../../lib/dynamodb/keys.ts';
import { shardCount } from '../../../lib/ports/run-store.ts';
import { arbitraryRun } from '../../support/arbitrary-run.ts';
import { sampleRun } from '../../support/sample-run.ts';

describe('keys', () => {
  test('of a run name it and no other', () => {
    fc.assert(
      fc.property(arbitraryRun, ({ tenant, run }) => {
        expect(parseRunPartition(runKey({ tenant, run }).pk)).toEqual({ tenant, run });
      }),
    );
  });

  test('spread runs over all shards, each always to the same one', () => {
    const counts = new Array<number>(shardCount).fill(0);
    for (let index = 0; index < 16_000; index += 1) {
      const key = sampleRun({ run: `run-${index}` as never });
      const shard = shardOf(key);
      expect(shardOf(key)).toBe(shard);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    // 1,000 each if it were even.
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(Math.max(...counts)).toBeLessThan(1_200);
  });

  test('stay where they are: a shard that moved would hide every run of older versions', () => {
    const shards = ['a', 'b', 'c', 'd'].map((run) => shardOf(sampleRun({ run: run as never })));
    expect(shards).toMatchInlineSnapshot(`
      [
        12,
        8,
        6,
        9,
      ]
    `);
  });
});
