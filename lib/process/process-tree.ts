import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Ms } from '../model/time.ts';
import { markVariable } from './mark.ts';

const lookMs: Ms = 10;

/**
 * A program with everything it started: its process group and, on Linux, whoever left the group but has the program's
 * mark in the environment. A process that leaves the group and clears its environment is not found.
 */
export class ProcessTree {
  readonly #group: number;
  readonly #mark: string;

  /** @param pid of the program, which leads a group of its own */
  constructor(pid: number, mark: string) {
    this.#group = pid;
    this.#mark = mark;
  }

  /** Asks all of it to end, kills what is left after the grace period, and resolves once nobody is left to be killed. */
  async end(graceMs: Ms): Promise<void> {
    if (!(await this.#signal('SIGTERM'))) return;
    const end = performance.now() + graceMs;
    while (performance.now() < end) {
      await pause(lookMs);
      if (!send(-this.#group, 0) && (await this.#strays()).length === 0) return;
    }
    // Whoever is found may just have started another one.
    for (let round = 0; round < 5 && (await this.#signal('SIGKILL')); round += 1) await pause(lookMs);
  }

  /** Kills the group without any wait, for when this process is about to end itself. */
  killGroup(): void {
    send(-this.#group, 'SIGKILL');
  }

  /** False when nobody is left. */
  async #signal(name: NodeJS.Signals): Promise<boolean> {
    const strays = await this.#strays();
    const reached = [-this.#group, ...strays].map((target) => send(target, name));
    return reached.includes(true);
  }

  /** Those with the mark outside of the group. None where there is no /proc. */
  async #strays(): Promise<number[]> {
    const entries = await readdir('/proc').catch(() => []);
    const pids = entries.map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid);
    const strays = await Promise.all(pids.map(async (pid) => ((await this.#isStray(pid)) ? [pid] : [])));
    return strays.flat();
  }

  async #isStray(pid: number): Promise<boolean> {
    try {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
      if (!`\0${environment}`.includes(`\0${markVariable}=${this.#mark}`)) return false;
      // Behind the name, which may hold anything: state, parent, group.
      const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
      return Number(stat.slice(stat.lastIndexOf(')')).split(' ')[3]) !== this.#group;
    } catch {
      return false; // gone meanwhile, or somebody else's
    }
  }
}

/** @returns false when there is nobody */
function send(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}
