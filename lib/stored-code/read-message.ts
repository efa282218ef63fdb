import type { SentError } from '../threads/wire.ts';
import type { FromStoredCode } from './wire.ts';

const levels: readonly unknown[] = ['debug', 'info', 'warn', 'error'];

/** What a thread sent, if it is a message at all: the code on it may have sent anything. */
export function readMessage(sent: unknown): FromStoredCode | undefined {
  if (!isObject(sent)) return undefined;
  const { error, isConsole, level, message, name, text, type, value } = sent;
  switch (type) {
    case 'log':
      if (typeof message !== 'string' || !levels.includes(level)) return undefined;
      return { type, level: level as never, message, isConsole: isConsole === true };
    case 'variable':
      return typeof name === 'string' ? { type, name, value } : undefined;
    case 'result':
      return typeof text === 'string' || text === undefined ? { type, text } : undefined;
    case 'thrown':
      return typeof text === 'string' ? { type, text } : undefined;
    case 'error':
      return isSentError(error) ? { type, error: { ...error, cause: undefined } } : undefined;
    default:
      return undefined;
  }
}

/** Its cause is left out: nothing of it is kept. */
function isSentError(error: unknown): error is SentError {
  if (!isObject(error)) return false;
  const { code, message, name, stack } = error;
  const isCode = code === undefined || typeof code === 'string' || typeof code === 'number';
  const isStack = stack === undefined || typeof stack === 'string';
  return typeof name === 'string' && typeof message === 'string' && isCode && isStack;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
