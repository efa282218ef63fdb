import { HoldfastError } from '../model/errors.ts';

/** What keeps an answer of the queue away: network, credentials, permissions, or that it is not there. */
export function unreachable(queueUrl: string, cause: unknown): HoldfastError {
  const what =
    cause instanceof Error
      ? [cause.name, cause.message].filter((part) => part !== '').join(': ')
      : String(cause);
  return new HoldfastError('QueueUnreachable', `The queue ${queueUrl} gave no answer: ${what}`, { cause });
}
