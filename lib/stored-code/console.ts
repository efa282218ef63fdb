import { format, inspect } from 'node:util';
import type { LogLevel } from '../model/attempt.ts';

type Tell = (level: LogLevel, message: string, isConsole: boolean) => void;

const charsMax = 64_000;
const linesMax = 2_000;
const lineCharsMax = 4_000;

/** Tells a limited amount of lines, so that a loop that logs does not fill the memory of whoever listens. */
export class LimitedLog {
  readonly #tell: Tell;
  #chars = 0;
  #lines = 0;
  #leftOut = 0;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  line(level: LogLevel, message: string, isConsole: boolean): void {
    const text = message.length > lineCharsMax ? `${message.slice(0, lineCharsMax)}…` : message;
    if (this.#lines >= linesMax || this.#chars + text.length > charsMax) {
      this.#leftOut += 1;
      return;
    }
    this.#lines += 1;
    this.#chars += text.length;
    this.#tell(level, text, isConsole);
  }

  /** Says how much was left out. To be called once, at the end. */
  end(): void {
    if (this.#leftOut > 0) this.#tell('warn', `… ${this.#leftOut} more lines are left out …`, false);
  }
}

/** A console that writes nowhere but into the log. */
export function consoleInto(log: LimitedLog): object {
  const at =
    (level: LogLevel) =>
    (...args: unknown[]) =>
      log.line(level, format(...args), true);
  const error = at('error');
  return {
    debug: at('debug'),
    log: at('info'),
    info: at('info'),
    warn: at('warn'),
    error,
    trace: (...args: unknown[]) => error(`Trace: ${format(...args)}`),
    dir: (value: unknown) => log.line('info', inspect(value), true),
    table: (value: unknown) => log.line('info', inspect(value), true),
    assert: (holds: unknown, ...args: unknown[]) => {
      if (!holds) error('Assertion failed', ...args);
    },
  };
}
