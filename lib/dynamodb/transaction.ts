import { type CancellationReason, TransactionCanceledException } from '@aws-sdk/client-dynamodb';

/** What is wrong with the items themselves: sent again they would fail again. */
export const ownFaults: ReadonlySet<string> = new Set(['ValidationError', 'ItemCollectionSizeLimitExceeded']);
const settled: ReadonlySet<string> = new Set(['None', 'ConditionalCheckFailed', ...ownFaults]);

/** Why a transaction was cancelled, by the order of its writes; none for any other error. */
export const reasonsOf = (error: unknown): readonly CancellationReason[] =>
  error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];

export const isRefused = (reason: CancellationReason | undefined): boolean =>
  reason?.Code === 'ConditionalCheckFailed';

/** Cancelled because of what others were at, or of too much at once: it says nothing about what is there. */
export const isPassing = (error: unknown): boolean =>
  reasonsOf(error).some(({ Code = '' }) => !settled.has(Code));

/** The endpoint has no transactions. */
export const isUnknownOperation = (error: unknown): boolean =>
  error instanceof Error && error.name === 'UnknownOperationException';
