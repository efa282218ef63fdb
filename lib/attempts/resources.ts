import { getHeapStatistics } from 'node:v8';
import type { Resources } from '../model/attempt.ts';
import type { Ms } from '../model/time.ts';

/** To be called at the end: what was taken since the beginning. */
export type Meter = () => Resources;

/** The whole process: all that runs in it is measured together. */
export function meterProcess(): Meter {
  const before = process.resourceUsage();
  const memory = residentBytes();
  return () => {
    const { maxRSS, systemCPUTime, userCPUTime } = process.resourceUsage();
    // The system knows the highest peak of the process only: it is of now if it is new.
    const peak = maxRSS > before.maxRSS ? maxRSS * 1_024 : Math.max(memory, residentBytes());
    return {
      peakMemoryMb: toMib(peak),
      userCpuSeconds: toSeconds(userCPUTime - before.userCPUTime),
      systemCpuSeconds: toSeconds(systemCPUTime - before.systemCPUTime),
      shared: true,
    };
  };
}

const lookMs: Ms = 100;
let resident = { bytes: 0, at: Number.NEGATIVE_INFINITY };

/** Of the process. The system is asked now and then: the answer takes longer than a short task's own code. */
function residentBytes(): number {
  const at = performance.now();
  if (at - resident.at >= lookMs) resident = { bytes: process.memoryUsage.rss(), at };
  return resident.bytes;
}

/** The thread that this is called on. Its memory is looked at now and then: a busy one is seen at its end. */
export function meterThread(): Meter {
  const before = process.threadCpuUsage();
  let peak = memoryOf(getHeapStatistics());
  const look = () => {
    peak = Math.max(peak, memoryOf(getHeapStatistics()));
  };
  const looking = setInterval(look, lookMs).unref();
  return () => {
    clearInterval(looking);
    look();
    return resourcesOf(process.threadCpuUsage(before), peak);
  };
}

type HeapStatistics = Pick<ReturnType<typeof getHeapStatistics>, 'used_heap_size' | 'external_memory'>;

/** What a thread has of its own, its buffers among it. */
export const memoryOf = ({ external_memory, used_heap_size }: HeapStatistics): number =>
  used_heap_size + external_memory;

/** @param cpu in microseconds */
export function resourcesOf(cpu: { user: number; system: number }, peakBytes: number): Resources {
  return {
    peakMemoryMb: toMib(peakBytes),
    userCpuSeconds: toSeconds(cpu.user),
    systemCpuSeconds: toSeconds(cpu.system),
  };
}

const toMib = (bytes: number): number => Math.round((bytes / 1_048_576) * 100) / 100;
const toSeconds = (microseconds: number): number => Math.round(microseconds) / 1_000_000;
