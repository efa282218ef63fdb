import { HoldfastError, NonRetryableError } from '../model/errors.ts';
import type { TaskFailure } from './wire.ts';

/** What a task threw where it ran, under the name it has there. */
class ExternalError extends Error {
  override readonly name: string;
  readonly code: string | undefined;

  constructor({ code, message, type }: TaskFailure) {
    super(message);
    this.name = type;
    this.code = code;
  }
}

/** The same where another attempt would be in vain. */
class FinalExternalError extends NonRetryableError {
  override readonly name: string;
  readonly code: string | undefined;

  constructor({ code, message, type }: TaskFailure) {
    super(message);
    this.name = type;
    this.code = code;
  }
}

export function externalError(failure: TaskFailure, retryable: boolean): Error {
  return retryable ? new ExternalError(failure) : new FinalExternalError(failure);
}

const saidCharsMax = 500;

/** @param said what the program wrote to standard error last */
export function withLastWords(error: HoldfastError, name: string, said: string): HoldfastError {
  const words = said.trim().slice(-saidCharsMax);
  const message = `${name}: ${error.message}${words === '' ? '' : `; it said: ${words}`}`;
  return new HoldfastError(error.code, message, { cause: error.cause });
}
