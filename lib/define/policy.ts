import { type Duration, parseDuration } from '../model/duration.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Ms } from '../model/time.ts';

/** A task's options as numbers. What is absent comes from the settings. */
export interface TaskPolicy {
  readonly timeoutMs?: Ms;
  readonly leaseMs?: Ms;
  readonly maxAttempts?: number;
  readonly backoffMs?: Ms;
  readonly factor?: number;
  readonly maxBackoffMs?: Ms;
  readonly cacheTtlMs?: Ms;
}

interface PolicyOptions {
  readonly timeout?: Duration;
  readonly lease?: Duration;
  readonly retry?: {
    readonly maxAttempts?: number;
    readonly backoff?: Duration;
    readonly factor?: number;
    readonly maxBackoff?: Duration;
  };
  readonly cache?: { readonly ttl: Duration };
}

const second = 1_000;
const hour = 3_600_000;
const day = 24 * hour;

/**
 * @param owner what the options belong to, for messages: `task resize`
 * @throws HoldfastError `InvalidDuration`, `InvalidArgument`, naming the owner and the field.
 */
export function parsePolicy(options: PolicyOptions, owner: string): TaskPolicy {
  const at = (field: string) => `${owner}: ${field}`;
  const length = (text: Duration | undefined, field: string, min: Ms, max: Ms): Ms | undefined =>
    text === undefined ? undefined : within(parseDuration(text, at(field)), at(field), min, max);
  const number = (
    value: number | undefined,
    field: string,
    check: typeof within,
    min: number,
    max: number,
  ) => (value === undefined ? undefined : check(value, at(field), min, max));
  const { retry } = options;
  return dropUndefined({
    timeoutMs: length(options.timeout, 'timeout', 1, 7 * day),
    leaseMs: length(options.lease, 'lease', second, 12 * hour),
    maxAttempts: number(retry?.maxAttempts, 'retry.maxAttempts', whole, 1, 100),
    backoffMs: length(retry?.backoff, 'retry.backoff', 0, day),
    factor: number(retry?.factor, 'retry.factor', within, 1, 10),
    maxBackoffMs: length(retry?.maxBackoff, 'retry.maxBackoff', 0, 30 * day),
    cacheTtlMs: length(options.cache?.ttl, 'cache.ttl', second, 366 * day),
  });
}

function whole(value: number, field: string, min: number, max: number): number {
  if (!Number.isInteger(value)) throw outOfRange(field, value, `a whole number from ${min} to ${max}`);
  return within(value, field, min, max);
}

function within(value: number, field: string, min: number, max: number): number {
  if (!(value >= min && value <= max)) throw outOfRange(field, value, `from ${min} to ${max}`);
  return value;
}

function outOfRange(field: string, value: number, range: string): HoldfastError {
  return new HoldfastError('InvalidArgument', `${field} must be ${range}, not ${value}`, { field });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
function dropUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Defined<T>;
}
