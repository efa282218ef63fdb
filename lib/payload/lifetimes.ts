import type { Ms } from '../model/time.ts';

const day: Ms = 86_400_000;

/**
 * How long objects are kept, in days since they were written: S3 has no expiry of single objects, but rules by prefix.
 * Each object lies under the shortest of these that is not too short for it, so a rule never deletes what is needed,
 * whatever is set in `HOLDFAST_RETENTION`, in a client's code or as the delays of a workflow. With the default retention
 * these are 35 for results, 100 for checkpoints and 500 for inputs; the last is beyond the longest bound there is
 * (`keepFor`). Buckets may have rules for them or not; a shorter rule than these loses values that are still needed.
 */
export const lifetimesInDays = [35, 100, 500, 1_000, 3_000, 8_000] as const;

export type LifetimeInDays = (typeof lifetimesInDays)[number];

/** Where the objects of a lifetime begin; what the bucket's rule for them is made for. */
export const lifetimePrefix = (days: LifetimeInDays): string => `keep-${days}-days/`;

/** The shortest lifetime that lasts so long. */
export const lifetimeFor = (keepMs: Ms): LifetimeInDays =>
  lifetimesInDays.find((days) => days * day >= keepMs) ?? 8_000;
