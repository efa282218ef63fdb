import { setTimeout as pause } from 'node:timers/promises';

const pauseMs = 50;
const tries = 300;

/** Asks again until it is so; false where it never is, in a quarter of a minute. */
export async function until(isSo: () => Promise<boolean>): Promise<boolean> {
  for (let tried = 0; tried < tries; tried++) {
    if (await isSo()) return true;
    await pause(pauseMs);
  }
  return false;
}
