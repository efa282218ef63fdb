import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { defineTask } from 'holdfast';
import * as z from 'zod';

export const concurrency = 5;

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
    await pause(ms);
    say('ends');
  },
});
