import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { defineTask } from 'holdfast';
import * as z from 'zod';

export const concurrency = 5;

/**
 * Until as many handlers were at it together as may be, once in the whole round: however slow the machine is, the limit is
 * reached. Those that never are give up, and the test tells.
 */
async function haveMet(file: string): Promise<void> {
  const met = `${file}.met`;
  for (let looks = 0; looks < looksMax && !existsSync(met); looks++) {
    const said = readFileSync(file, 'utf8').split('\n');
    const count = (what: string) => said.filter((line) => line.includes(`"${what}"`)).length;
    if (count('begins') - count('ends') >= concurrency) writeFileSync(met, '');
    else await pause(50);
  }
}
const looksMax = 400;

/** Says when its handler begins and ends, and in which process: lines of less than a page are appended whole. */
export const limited = defineTask({
  name: 'limited',
  input: z.object({ file: z.string(), ms: z.int() }),
  lease: '2s',
  retry: { maxAttempts: 100 },
  limit: { concurrency },
  run: async ({ file, ms }, { fencingToken, runId }) => {
    const say = (what: string) =>
      appendFileSync(
        file,
        `${JSON.stringify({ what, run: runId, token: fencingToken, pid: process.pid, at: Date.now() })}\n`,
      );
    say('begins');
    await Promise.all([pause(ms), haveMet(file)]);
    say('ends');
  },
});
