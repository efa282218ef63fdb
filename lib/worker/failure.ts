import { HoldfastError, NonRetryableError } from '../model/errors.ts';
import type { Failure } from '../model/failure.ts';

const messageLengthMax = 1_024;

/** Errors of ours that the same input would only bring again. */
const finalCodes: ReadonlySet<string> = new Set([
  'InvalidInput',
  'InvalidOutput',
  'NotSerializable',
  'OutputTooLarge',
  'NotFound',
]);

/** What was thrown, as it is stored: errors by class and message, anything else by what it looks like as text. */
export function toFailure(thrown: unknown, attempt: number, worker: string): Failure {
  return { ...describe(thrown), attempt, worker };
}

function describe(thrown: unknown): Pick<Failure, 'type' | 'message' | 'code'> {
  if (thrown instanceof HoldfastError) {
    return { type: thrown.code, code: thrown.code, message: cut(thrown.message) };
  }
  if (thrown instanceof Error) {
    // Subclasses that set no name of their own are known by their class.
    const type = thrown.name === 'Error' ? thrown.constructor.name : thrown.name;
    const code = 'code' in thrown && typeof thrown.code === 'string' ? { code: cut(thrown.code) } : {};
    return { type: cut(type || 'Error'), message: cut(String(thrown.message)), ...code };
  }
  return { type: 'NonError', message: cut(textOf(thrown)) };
}

function textOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  try {
    return JSON.stringify(thrown) ?? String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}

const cut = (text: string) =>
  text.length > messageLengthMax ? `${text.slice(0, messageLengthMax - 1)}…` : text;

/** Whether another attempt could help. */
export function isRetryable(thrown: unknown, retryIf: ((error: unknown) => boolean) | undefined): boolean {
  if (thrown instanceof NonRetryableError) return false;
  if (thrown instanceof Error && thrown.name === 'NonRetryableError') return false;
  if (thrown instanceof HoldfastError && finalCodes.has(thrown.code)) return false;
  if (!retryIf) return true;
  try {
    return retryIf(thrown) !== false;
  } catch {
    return false;
  }
}
