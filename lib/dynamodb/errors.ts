import { HoldfastError } from '../model/errors.ts';

/** The SDK's retry puts this on every error of a request, and on nothing that was thrown before one was made. */
interface RequestError extends Error {
  readonly $metadata: unknown;
}

/** Errors of ours: sent again they would fail again, and what to mend is this code. */
const ownFaults = new Set(['ValidationException', 'SerializationException']);

/**
 * Runs requests on a table and names what can go wrong with them.
 *
 * @throws HoldfastError `TableNotFound`, or `StoreUnreachable` for everything that keeps an answer away: network,
 *   credentials, permissions, throttling beyond the SDK's own retries.
 */
export async function reaching<T>(table: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(table, error);
  }
}

function translate(table: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof HoldfastError) return error;
  if (error.name === 'ResourceNotFoundException') {
    return new HoldfastError('TableNotFound', `There is no table ${table} at this endpoint`, {
      cause: error,
    });
  }
  if (ownFaults.has(error.name) || !isOfRequest(error)) return error;
  const what = [error.name, error.message].filter((part) => part !== '').join(': ');
  return new HoldfastError('StoreUnreachable', `The table ${table} gave no answer: ${what}`, {
    cause: error,
  });
}

const isOfRequest = (error: Error): error is RequestError =>
  '$metadata' in error || error.name === 'CredentialsProviderError';
