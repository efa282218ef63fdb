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

const randomBytes = new Uint8Array(1_024);
let bytesLeft = 0;

/** A byte at a time, as `ulid` asks for them by itself, costs ten times as much as all the rest of an id. */
function randomFraction(): number {
  if (bytesLeft === 0) bytesLeft = crypto.getRandomValues(randomBytes).length;
  bytesLeft -= 1;
  return (randomBytes[bytesLeft] ?? 0) / 256;
}

const ulid = monotonicFactory(randomFraction);

export const systemRandom: Random = { fraction: () => Math.random(), id: () => ulid() };
