import type { LogFields, Logger } from '../ports/logger.ts';

const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof levels)[number];

export const isLogLevel = (text: string): text is LogLevel => (levels as readonly string[]).includes(text);

/** One JSON object a line. Errors among the fields become their name, code and message; stacks only at `debug`. */
export function jsonLogger(
  level: LogLevel,
  write: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
  fixed: LogFields = {},
): Logger {
  const at =
    (own: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (levels.indexOf(own) < levels.indexOf(level)) return;
      const line = { time: new Date().toISOString(), level: own, message, ...fixed, ...fields };
      write(JSON.stringify(line, (_key, value) => (value instanceof Error ? describe(value, level) : value)));
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => jsonLogger(level, write, { ...fixed, ...fields }),
  };
}

function describe(error: Error, level: LogLevel): object {
  const code = 'code' in error ? { code: error.code } : {};
  return {
    name: error.name,
    ...code,
    message: error.message,
    ...(level === 'debug' ? { stack: error.stack } : {}),
  };
}
