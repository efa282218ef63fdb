import type { Context } from 'holdfast';
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
