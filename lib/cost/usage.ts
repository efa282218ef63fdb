/**
 * What was asked of AWS, in the units that it bills by. What one request did for several is shared out: of a batch of
 * ten messages each has a tenth.
 */
export interface Usage {
  /** Items written, or tried to: a condition that failed is billed, too. */
  readonly writes: number;
  /** Of the table, each of 1 KB; in a transaction twice as many. */
  readonly tableUnits: number;
  /** Of the index. */
  readonly indexUnits: number;
  /** Requests that read. */
  readonly reads: number;
  /** Each of 4 KB; half as many where the read need not be consistent. */
  readonly readUnits: number;
  /** Requests to SQS, for each 64 KB. */
  readonly sqsRequests: number;
  /** Requests to S3 that write, copy or list. */
  readonly s3Puts: number;
  /** Requests to S3 that read. */
  readonly s3Gets: number;
  /** Calls of Lambda functions. */
  readonly lambdaRequests: number;
  /** Of functions on arm64: a gigabyte of memory for a second. */
  readonly armGigabyteSeconds: number;
  /** The same of functions on x86_64. */
  readonly x86GigabyteSeconds: number;
}

export const nothing: Usage = {
  writes: 0,
  tableUnits: 0,
  indexUnits: 0,
  reads: 0,
  readUnits: 0,
  sqsRequests: 0,
  s3Puts: 0,
  s3Gets: 0,
  lambdaRequests: 0,
  armGigabyteSeconds: 0,
  x86GigabyteSeconds: 0,
};

/** By what the time of a function on this architecture is counted. */
export const gigabyteSecondsOf = (arch: string): 'armGigabyteSeconds' | 'x86GigabyteSeconds' =>
  arch === 'arm64' ? 'armGigabyteSeconds' : 'x86GigabyteSeconds';

const kinds = Object.keys(nothing) as readonly (keyof Usage)[];

/** @param times how often the second is added; -1 takes it away */
export function plus(usage: Usage, more: Partial<Usage>, times = 1): Usage {
  const sum: Record<keyof Usage, number> = { ...usage };
  for (const kind in more) sum[kind as keyof Usage] += times * (more[kind as keyof Usage] ?? 0);
  return sum;
}

export const sumOf = (usages: readonly Partial<Usage>[]): Usage =>
  usages.reduce<Usage>((sum, usage) => plus(sum, usage), nothing);

/** Stands before the kinds among counts of requests. */
export const unitsPrefix = 'units:';

/** The units among what `requestCounts` tells, of a process or of an embedded runtime. */
export const usageOfCounts = (counts: Readonly<Record<string, number>>): Usage =>
  Object.fromEntries(kinds.map((kind) => [kind, counts[`${unitsPrefix}${kind}`] ?? 0])) as never;
