import type { EpochMs, Ms } from '../../model/time.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import { executions } from './execution.ts';
import type { Timeline } from './timeline.ts';

/**
 * One process: its clock may be wrong, it may be frozen, and when it is dead nothing of it goes on.
 *
 * ```
 * awake ──freeze──▶ frozen ──its time is over──▶ awake (what came due meanwhile happens now)
 *    │ ──suspend─▶ suspended ──resume──▶ awake
 *    └──kill, from anywhere──▶ dead
 * ```
 */
export class Sandbox implements Clock {
  readonly name: string;
  /** How far its clock is ahead. */
  readonly skewMs: Ms;
  readonly #timeline: Timeline;
  #isDead = false;
  #isSuspended = false;
  #freezes = 0;
  #missed: (() => void)[] = [];
  readonly #onDeath: (() => void)[] = [];
  /** Called when it has read a run. */
  onRead: () => void = () => {};

  constructor(name: string, timeline: Timeline, skewMs: Ms) {
    this.name = name;
    this.#timeline = timeline;
    this.skewMs = skewMs;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  now(): EpochMs {
    return this.#timeline.now + this.skewMs;
  }

  after(delay: Ms, fire: () => void): Timer {
    let isCancelled = false;
    // The one context that is asked for where a timer leads: most timers are cancelled, and a snapshot of all is dear.
    const execution = executions.getStore();
    const entry = this.#whenDue(delay, () => {
      if (isCancelled) return;
      if (execution) executions.run(execution, fire);
      else fire();
    });
    return {
      cancel: () => {
        isCancelled = true;
        entry.cancel();
      },
    };
  }

  /** Never resolves once the process is dead. */
  pause(ms: Ms): Promise<void> {
    return new Promise((resolve) => {
      this.#whenDue(ms, resolve);
    });
  }

  freeze(ms: Ms): void {
    this.#freezes += 1;
    this.#timeline.after(ms, () => {
      this.#freezes -= 1;
      this.#wake();
    });
  }

  /** Lambda freezes an environment between invocations. */
  suspend(): void {
    this.#isSuspended = true;
  }

  resume(): void {
    this.#isSuspended = false;
    this.#wake();
  }

  kill(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#missed = [];
    for (const tell of this.#onDeath) tell();
  }

  onDeath(tell: () => void): void {
    this.#onDeath.push(tell);
  }

  #whenDue(delay: Ms, work: () => void) {
    return this.#timeline.after(delay, () => this.#whenAwake(work));
  }

  #whenAwake(work: () => void): void {
    if (this.#isDead) return;
    if (this.#isSuspended || this.#freezes > 0) this.#missed.push(work);
    else work();
  }

  #wake(): void {
    if (this.#isDead || this.#isSuspended || this.#freezes > 0) return;
    for (const work of this.#missed.splice(0)) this.#timeline.after(0, () => this.#whenAwake(work));
  }
}
