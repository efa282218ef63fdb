import type { Context } from '../../define/context.ts';
import type { Ms } from '../../model/time.ts';
import { executions, type Host } from './execution.ts';

/** The process that this handler runs in. */
export function here(): Host {
  const execution = executions.getStore();
  if (!execution) throw new Error('a simulated handler runs in a simulated process only');
  return execution.host;
}

/** Works on the clock of its process, until it is aborted. */
export async function work(ms: Ms, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const timer = here().after(ms, resolve);
    signal.addEventListener('abort', () => {
      timer.cancel();
      reject(signal.reason);
    });
  });
}

/** The side effect of a handler: it was done at least once. */
export function finished(ctx: Context): void {
  executions.getStore()?.effects.add(ctx.idempotencyKey);
}
