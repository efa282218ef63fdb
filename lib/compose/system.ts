import { monotonicFactory } from 'ulid';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';

/** `setTimeout` fires at once beyond this; longer timers are made of several. */
const timeoutMsMax = 2_147_483_647;

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, fire, options) {
    let timeout: NodeJS.Timeout;
    const start = (left: number) => {
      const next = left > timeoutMsMax ? () => start(left - timeoutMsMax) : fire;
      timeout = setTimeout(next, Math.min(left, timeoutMsMax));
      if (options?.background) timeout.unref();
    };
    start(delay);
    return { cancel: () => clearTimeout(timeout) };
  },
};

const ulid = monotonicFactory();

export const systemRandom: Random = { fraction: () => Math.random(), id: () => ulid() };
