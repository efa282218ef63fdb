import { type Context, currentContext } from '../define/context.ts';

const owners = new WeakMap<Context, (error: unknown) => void>();

/** Whoever takes the errors that code below this context leaves to nobody: a floating rejection, a throw in a timer. */
export function takeStrayErrors(ctx: Context, take: (error: unknown) => void): void {
  owners.set(ctx, take);
}

let installed = false;

/**
 * From here on such an error ends the attempt that caused it instead of the process with all its neighbours. Errors
 * from outside of any handler go where they went before: to the listeners that were there, else they end the process.
 * https://nodejs.org/api/process.html#event-unhandledrejection
 */
export function attributeStrayErrors(): void {
  if (installed) return;
  installed = true;
  route('unhandledRejection');
  route('uncaughtException');
}

type Listener = (...args: unknown[]) => void;

function route(event: 'unhandledRejection' | 'uncaughtException'): void {
  const earlier = process.rawListeners(event) as Listener[];
  process.removeAllListeners(event);
  process.on(event, (...args: unknown[]) => {
    const ctx = currentContext();
    const take = ctx && owners.get(ctx);
    if (take) return take(args[0]);
    for (const listener of earlier) listener.apply(process, args);
    if (earlier.length > 0 || process.listenerCount(event) > 1) return;
    console.error(args[0]);
    process.exit(1);
  });
}
