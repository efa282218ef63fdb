/** Milliseconds, as a length of time. */
export type Ms = number & { readonly __unit?: 'ms' };
/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number & { readonly __unit?: 'epoch-ms' };
/** Seconds, as a length of time. */
export type Sec = number & { readonly __unit?: 's' };
/** Seconds since 1970-01-01T00:00:00Z: what DynamoDB's time to live wants. */
export type EpochSec = number & { readonly __unit?: 'epoch-s' };

export const toSec = (ms: Ms): Sec => Math.ceil(ms / 1000);
export const toEpochSec = (at: EpochMs): EpochSec => Math.ceil(at / 1000);
export const toIso = (at: EpochMs): string => new Date(at).toISOString();
