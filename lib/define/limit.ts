import { type Duration, parseDuration } from '../model/duration.ts';
import { HoldfastError } from '../model/errors.ts';
import { checkName } from '../model/ids.ts';
import type { LimitRule } from '../model/limit.ts';

/** How many handlers may be at it at once, and how many may begin in a time. */
export interface LimitOptions<Input> {
  /** What is limited: all tasks that give the same name share it. Default: the task's own name. */
  readonly name?: string;
  /**
   * A limit of its own for each text that this gives, 1 to 256 characters, such as a customer's id. Default: one for
   * all. Where the tenants are to have one each, let it give the tenant.
   */
  readonly key?: (input: Input, about: { readonly tenant: string }) => string;
  /** Handlers at a time over all workers, 1 to 500. */
  readonly concurrency?: number;
  /** `count` (1 to 10,000) each `per` (1 second to 1 day), evenly in the long run; up to `count` at once after a pause. */
  readonly rate?: { readonly count: number; readonly per: Duration };
}

/** The limit of a task, checked. */
export interface TaskLimit extends LimitRule {
  readonly name: string;
  readonly keyOf: ((input: never, about: { readonly tenant: string }) => string) | undefined;
}

const concurrencyMax = 500;
const countMax = 10_000;
const second = 1_000;
const day = 86_400_000;

/** @throws HoldfastError `InvalidArgument`, `InvalidDuration`, `InvalidName` */
export function parseLimit(limit: LimitOptions<never> | undefined, task: string): TaskLimit | undefined {
  if (limit === undefined) return undefined;
  const { concurrency, key, name = task, rate } = limit;
  const at = (field: string) => `task ${task}: limit.${field}`;
  checkName(name, at('name'));
  if (concurrency === undefined && rate === undefined)
    throw invalid(at('concurrency'), 'or limit.rate must be given');
  if (key !== undefined && typeof key !== 'function') throw invalid(at('key'), 'must be a function');
  if (concurrency !== undefined && !isWhole(concurrency, concurrencyMax))
    throw invalid(
      at('concurrency'),
      `must be a whole number from 1 to ${concurrencyMax}, not ${concurrency}`,
    );
  return {
    name,
    keyOf: key,
    ...(concurrency !== undefined && { concurrency }),
    ...(rate !== undefined && { rate: parseRate(rate, at) }),
  };
}

function parseRate(
  { count, per }: { readonly count: number; readonly per: Duration },
  at: (field: string) => string,
): NonNullable<LimitRule['rate']> {
  if (!isWhole(count, countMax))
    throw invalid(at('rate.count'), `must be a whole number from 1 to ${countMax}, not ${count}`);
  const perMs = parseDuration(per, at('rate.per'));
  if (perMs < second || perMs > day) throw invalid(at('rate.per'), `must be from 1s to 1d, not ${per}`);
  return { count, perMs };
}

const isWhole = (value: number, max: number): boolean =>
  Number.isInteger(value) && value >= 1 && value <= max;

const invalid = (field: string, what: string): HoldfastError =>
  new HoldfastError('InvalidArgument', `${field} ${what}`, { field });
