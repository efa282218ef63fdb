import { setTimeout as pause } from 'node:timers/promises';

const triesDefault = 4;
/** Bound of the first pause; a transaction takes some tens of milliseconds. */
const pauseMs = 50;
const pauseMsMax = 800;

/**
 * Does what the SDK does not by itself: sends a request again that was refused only because somebody else's was being
 * worked on at that moment. The last refusal is the caller's.
 *
 * @param isPassing whether an error is such a refusal: then nothing was written
 */
export async function againWhile<T>(
  isPassing: (error: unknown) => boolean,
  request: () => Promise<T>,
  triesMax = triesDefault,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await request();
    } catch (error) {
      if (tries === triesMax || !isPassing(error)) throw error;
      // Drawn evenly, so that those who met do not meet again.
      await pause(Math.random() * Math.min(pauseMsMax, pauseMs * 2 ** (tries - 1)));
    }
  }
}
