import { describe, expect, it } from 'vitest';
import { EndedRuns } from '../../web/app/ended-runs.ts';
import { withChanges } from '../../web/app/with-changes.ts';
import { activeRun, failedRun, succeededRun } from '../api/fake-client.ts';

const at = (ms: number) => new Date(ms).toISOString();
const ended = (id: string, from: number, to: number) =>
  succeededRun(null, { id, createdAt: at(from), endedAt: at(to) });

describe('what ended while the page was open', () => {
  it('is counted once, by when it ended', () => {
    const runs = new EndedRuns();
    runs.add(ended('a', 0, 1_000));
    runs.add(ended('a', 0, 1_000));
    runs.add(ended('b', 0, 3_000));
    runs.add(failedRun({ id: 'c', createdAt: at(0), endedAt: at(12_000) }));
    runs.add(activeRun({ id: 'd' }));
    expect(runs.buckets(14_000, 5_000, 3)).toEqual([
      { from: 0, good: 2, bad: 0, p50: 3_000, p95: 3_000 },
      { from: 5_000, good: 0, bad: 0 },
      { from: 10_000, good: 0, bad: 1 },
    ]);
    expect(runs.buckets(19_000, 5_000, 3)[0]).toEqual({ from: 5_000, good: 0, bad: 0 });
    runs.clear();
    expect(runs.buckets(14_000, 5_000, 3).every(({ bad, good }) => bad + good === 0)).toBe(true);
  });

  it('has its middle and its slowest', () => {
    const runs = new EndedRuns();
    for (let n = 1; n <= 100; n += 1) runs.add(ended(`r${n}`, 0, n));
    expect(runs.buckets(100, 1_000, 1)).toEqual([{ from: 0, good: 100, bad: 0, p50: 51, p95: 96 }]);
  });
});

describe('a listing that changes', () => {
  const [a, b] = [activeRun({ id: 'a' }), activeRun({ id: 'b', task: 'other' })];

  it('takes over what runs have become, and puts new ones first', () => {
    const done = succeededRun(1, { id: 'a' });
    const fresh = activeRun({ id: 'c' });
    expect(withChanges([a, b], [done, fresh], {})).toEqual([fresh, done, b]);
  });

  it('loses what fits no more, and takes in nothing that does not', () => {
    const done = succeededRun(1, { id: 'a' });
    const foreign = activeRun({ id: 'c', task: 'foreign' });
    expect(withChanges([a], [done], { status: 'ready' })).toEqual([]);
    expect(withChanges([a], [foreign], { name: 'echo' })).toEqual([a]);
    expect(withChanges([a], [activeRun({ id: 'new' })], { until: at(0) })).toEqual([a]);
  });
});
