import { readFileSync } from 'node:fs';
import { resourcesOf } from '../attempts/resources.ts';
import type { Resources } from '../model/attempt.ts';
import type { Ms } from '../model/time.ts';

const firstLookMs: Ms = 10;
const lookMs: Ms = 100;
/** Linux shows all programs the same, whatever it counts in itself. */
const ticksPerSecond = 100;

/**
 * What a program takes, seen while it lives: the system shows nothing of one that has ended. So up to a tenth of a second
 * at its end may be missing. The time of its own children is in it once it has waited for them. None where there is no
 * /proc, and of a program that has ended before the first look.
 */
export class ProgramUsage {
  readonly #pid: number | undefined;
  #timer: NodeJS.Timeout;
  #cpu: { user: number; system: number } | undefined;
  #peak = 0;

  constructor(pid: number | undefined) {
    this.#pid = pid;
    this.#timer = setTimeout(() => this.#look(), firstLookMs);
  }

  /** To be called when the program has ended. */
  stop(): Resources | undefined {
    clearTimeout(this.#timer);
    return this.#cpu && resourcesOf(this.#cpu, this.#peak);
  }

  #look(): void {
    try {
      const stat = readFileSync(`/proc/${this.#pid}/stat`, 'latin1');
      // Behind the name, which may hold anything, from the state on: utime, stime, cutime, cstime.
      const [user = 0, system = 0, usersOfChildren = 0, systemOfChildren = 0] = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .slice(11, 15)
        .map((ticks) => (Number(ticks) * 1_000_000) / ticksPerSecond);
      this.#cpu = { user: user + usersOfChildren, system: system + systemOfChildren };
      const status = readFileSync(`/proc/${this.#pid}/status`, 'latin1');
      this.#peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024 || this.#peak;
    } catch {
      return; // it has ended, or nobody tells
    }
    this.#timer = setTimeout(() => this.#look(), lookMs);
  }
}
