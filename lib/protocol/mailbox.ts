import type { StoredSignal } from '../model/run.ts';
import type { Update } from '../model/transition.ts';
import { remove, set } from './guards.ts';

/** The signals that nobody has taken yet, while a write is planned that may take some. */
export class Mailbox {
  readonly #left: StoredSignal[];
  /** Whether something was taken out or put in. */
  isTouched = false;

  constructor(signals: readonly StoredSignal[] = []) {
    this.#left = [...signals];
  }

  get left(): readonly StoredSignal[] {
    return this.#left;
  }

  /** The oldest one of a name. */
  take(name: string): StoredSignal | undefined {
    const index = this.#left.findIndex((signal) => signal.name === name);
    if (index < 0) return undefined;
    this.isTouched = true;
    return this.#left.splice(index, 1)[0];
  }
}

export const signalsLeft = (left: readonly StoredSignal[]): Update =>
  left.length > 0 ? set(['signals'], left) : remove(['signals']);
