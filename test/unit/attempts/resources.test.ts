import { expect, it } from 'vitest';
import { memoryOf, meterProcess, meterThread, resourcesOf } from '../../../lib/attempts/resources.ts';

/** Of this thread: others of the process may be busy, too. */
const burn = (ms: number) => {
  const until = process.threadCpuUsage().user + ms * 1_000;
  while (process.threadCpuUsage().user < until);
};

it('of the process are shared, and count what was taken since the beginning', () => {
  const idle = meterProcess()();
  const before = process.memoryUsage.rss();
  const meter = meterProcess();
  const kept = Buffer.alloc(100_000_000, 1);
  burn(20);
  const taken = meter();
  expect(taken).toMatchObject({ shared: true });
  expect(taken.userCpuSeconds).toBeGreaterThanOrEqual(0.02);
  expect(taken.userCpuSeconds).toBeGreaterThan(idle.userCpuSeconds);
  expect(taken.systemCpuSeconds).toBeGreaterThanOrEqual(0);
  expect(taken.peakMemoryMb).toBeGreaterThan((before + kept.length / 3) / 1_048_576);
});

it('of a thread are its own', () => {
  const meter = meterThread();
  const kept = Buffer.alloc(100_000_000, 1);
  burn(20);
  const taken = meter();
  expect(taken).not.toHaveProperty('shared');
  expect(taken.userCpuSeconds).toBeGreaterThan(0);
  expect(taken.peakMemoryMb).toBeGreaterThan(kept.length / 1_048_576);
});

it('are in seconds and mebibytes', () => {
  expect(resourcesOf({ user: 1_500_000.4, system: 250 }, 3_670_016)).toEqual({
    peakMemoryMb: 3.5,
    userCpuSeconds: 1.5,
    systemCpuSeconds: 0.00025,
  });
  expect(memoryOf({ used_heap_size: 2, external_memory: 3 })).toBe(5);
});
