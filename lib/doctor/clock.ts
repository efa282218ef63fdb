import type { Ms } from '../model/time.ts';
import { type ClockOffset, isOff } from '../ports/clock-offset.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Whether leases can be judged by the clock of this machine. */
export function judgeClock(offset: ClockOffset | undefined, toleranceMs: Ms): Finding {
  if (!offset) {
    const fix = 'See that nothing between here and the table takes the Date header away.';
    return warn('clock', 'The answers of the table tell no time: it cannot be compared', fix);
  }
  const { doubtMs, ms } = offset;
  if (Math.abs(ms) <= doubtMs) {
    return ok('clock', `within ${seconds(Math.abs(ms) + doubtMs)} of that of the table`);
  }
  const direction = ms > 0 ? 'behind' : 'ahead of';
  const what = `${seconds(Math.abs(ms))} ${direction} that of the table, give or take ${seconds(doubtMs)}`;
  if (isOff(offset, toleranceMs)) {
    const fix = "Set this machine's clock, by NTP say (or that of an emulator's machine).";
    return fail('clock', `${what}: a worker here claims nothing beyond ${seconds(toleranceMs)}`, fix);
  }
  return ok('clock', what);
}

const seconds = (ms: Ms): string => `${(ms / 1_000).toFixed(1)} s`;
