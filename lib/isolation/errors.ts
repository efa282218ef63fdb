import { type ErrorCode, errorHints, HoldfastError } from '../model/errors.ts';
import { receiveError, type SentError, type SentThrow, sendError, sendThrown } from '../threads/wire.ts';

export const sendTaskError = (error: Error): SentError => sendError(error, false);

export const sendThrownByTask = (thrown: unknown): SentThrow => sendThrown(thrown, false);

/** As it was sent; ours are of their class again. */
export function receiveTaskError(sent: SentError): Error {
  const { code } = sent;
  if (sent.name !== 'HoldfastError' || typeof code !== 'string' || !isCode(code)) return receiveError(sent);
  const error = new HoldfastError(code, sent.message);
  if (sent.stack !== undefined) error.stack = sent.stack;
  return error;
}

const isCode = (code: string): code is ErrorCode => Object.hasOwn(errorHints, code);
