import { describe, expect, it } from 'vitest';
import { Told } from '../../../lib/client/told.ts';
import { noTenant, runId } from '../../../lib/model/ids.ts';

const start = 1_800_000_000_000;
const entry = (n: number, at = start + n) => ({ tenant: noTenant, run: runId(`r${n}`), at });

describe('what a stream has told', () => {
  it('is known to whoever goes on from its cursor', () => {
    const told = new Told(start);
    expect(told.isNews('r1', '{"status":"ready"}')).toBe(true);
    expect(told.isNews('r1', '{"status":"ready"}')).toBe(false);
    told.settle(entry(2));
    const again = Told.at(told.cursor(), start);
    expect(again.since).toBe(start);
    expect(again.isNews('r1', '{"status":"ready"}')).toBe(false);
    expect(again.isNews('r1', '{"status":"running"}')).toBe(true);
    expect([again.isSettled(entry(2)), again.isSettled(entry(2))]).toEqual([true, true]);
    expect(again.isSettled(entry(2, start + 3))).toBe(false);
    expect(again.isSettled(entry(3))).toBe(false);
    // Though a stream that is cut at once has seen none of it.
    expect(Told.at(Told.at(told.cursor(), start).cursor(), start).isSettled(entry(2))).toBe(true);
  });

  it('is kept no longer than it can come again', () => {
    const told = new Told(start);
    for (let n = 1; n <= 200; n += 1) {
      told.settle(entry(n));
      told.isNews(`r${n}`, 'ended');
    }
    told.pass(start + 200);
    expect(told.cursor()).toHaveLength(new Told(start).cursor().length + 8);
    expect(told.isSettled(entry(200))).toBe(true);
    told.pass(start + 100);
    expect(told.since).toBe(start + 200);
    told.isNews('a', 'ready');
    told.isNews('b', 'ready');
    told.forgetOthers(new Set(['b']));
    expect([told.isNews('a', 'ready'), told.isNews('b', 'ready')]).toEqual([true, false]);
  });

  it('has a cursor of less than 2 KB, which forgets the oldest first and never the time', () => {
    const told = new Told(start);
    for (let n = 1; n <= 1_000; n += 1) told.settle(entry(n));
    for (let n = 0; n < 100; n += 1) told.isNews(`active${n}`, 'ready');
    const cursor = told.cursor();
    expect(cursor.length).toBeLessThan(2_048);
    const again = Told.at(cursor, start);
    expect(again.since).toBe(start);
    expect([again.isSettled(entry(1_000)), again.isSettled(entry(1))]).toEqual([true, false]);
    expect(again.isNews('active99', 'ready')).toBe(false);
  });

  it('has a time in whole milliseconds', () => {
    expect(Told.at(new Told(start + 0.5).cursor(), start).since).toBe(start);
  });

  it.each(['', ' ', 'A', '1.abc', '1.abcdefgh-', `1.${'abcdefgh'.repeat(251)}`, 'zzzzzzzzz', '-1'])(
    'is not read from %j',
    (cursor) => {
      expect(() => Told.at(cursor, start)).toThrow(
        expect.objectContaining({ code: 'InvalidArgument', field: 'cursor' }),
      );
    },
  );
});
