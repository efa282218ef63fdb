import { type Context, defineTask } from 'holdfast';
import * as z from 'zod';
import { NonRetryableError } from '../../lib/model/errors.ts';
import type { Ms } from '../../lib/model/time.ts';
import type { Clock } from '../../lib/ports/clock.ts';

/** Works until it is aborted. */
export const works = (clock: Clock, ms: Ms, ctx: Context) =>
  new Promise<void>((resolve, reject) => {
    const timer = clock.after(ms, resolve);
    ctx.signal.addEventListener('abort', () => {
      timer.cancel();
      reject(ctx.signal.reason);
    });
  });

/** The input of one that works for so long that a cancel comes in time. */
export const endless = 1;

/** A task that works for 45 s, and fails for good where its input is negative. */
export const steadily = <Output>(clock: Clock, output: (n: number) => Output) =>
  defineTask({
    name: 'steady',
    input: z.number(),
    run: async (n, ctx) => {
      await works(clock, n === endless ? 600_000 : 45_000, ctx);
      if (n < 0) throw new NonRetryableError('negative');
      return output(n);
    },
  });
