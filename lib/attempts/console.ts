import { format, inspect } from 'node:util';
import { currentContext } from '../define/context.ts';
import type { LogLevel } from '../model/attempt.ts';
import { noteTakerOf } from './note-taker.ts';

/** The others of Node's methods write by these. */
const levels = { debug: 'debug', log: 'info', info: 'info', warn: 'warn', error: 'error' } as const;
type Method = keyof typeof levels | 'dir';

let installed = false;

/** From here on what a handler writes by `console` is told to its attempt, too; it is written as before. */
export function attributeConsole(): void {
  if (installed) return;
  installed = true;
  for (const [method, level] of Object.entries(levels)) {
    watch(method as Method, level, (args) => format(...args));
  }
  watch('dir', 'info', ([value, options]) =>
    inspect(value, { customInspect: false, ...(options as object) }),
  );
}

function watch(method: Method, level: LogLevel, textOf: (args: readonly unknown[]) => string): void {
  const write = console[method] as (...args: unknown[]) => void;
  console[method] = function (this: unknown, ...args: unknown[]) {
    const taker = noteTakerOf(currentContext());
    if (taker) taker.console(level, attempted(textOf, args));
    write.apply(this, args);
  };
}

/** A value may throw when it is looked at: whether that matters is left to the console. */
function attempted(textOf: (args: readonly unknown[]) => string, args: readonly unknown[]): string {
  try {
    return textOf(args);
  } catch {
    return 'something that cannot be shown';
  }
}
