import * as z from 'zod';
import { partName } from '../config/json-variable.ts';
import { inOrder, type LaneName, laneNames } from '../config/lanes.ts';
import { defaultPool, idlePools } from '../config/pools.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Logger } from '../ports/logger.ts';

/** One pool of the embedded runtime: its queues, and the executors that work them off. */
export interface LocalPool {
  /** Tasks that ask for some of these tags go here. Default: none. Tasks without tags go to the pool `default`. */
  readonly tags?: readonly string[] | undefined;
  /** Lanes beside `normal`, each a queue. Default: `normal` alone. */
  readonly lanes?: readonly LaneName[] | undefined;
  /** Its executors, 0 to 64; one more where it has the lane `aged`, for that lane alone. Default: `workers` of the runtime. */
  readonly workers?: number | undefined;
}

/** One pool with its defaults, checked. */
export interface PoolPlan {
  readonly name: string;
  readonly tags: readonly string[];
  /** In the order in which they are looked into. */
  readonly lanes: readonly LaneName[];
  readonly workers: number;
}

export const workersMax = 64;

const poolsSchema = z.record(
  partName,
  z.strictObject({
    tags: z.array(z.string().min(1).max(64)).optional(),
    lanes: z.array(z.enum(laneNames)).optional(),
    workers: z.int().min(0).max(workersMax).optional(),
  }),
);

/**
 * All pools, `default` first: the first whose tags suit is taken.
 *
 * @param workers of the pools that do not say
 * @throws HoldfastError `InvalidSetting`, naming the part that is wrong
 */
export function planPools(given: unknown, workers: number): readonly PoolPlan[] {
  const pools = { [defaultPool]: {}, ...checkedPools(given ?? {}) };
  return Object.entries<LocalPool>(pools).map(
    ([name, { lanes = [], tags = [], workers: own = workers }]) => ({
      name,
      tags,
      lanes: inOrder((lane) => lanes.includes(lane)),
      workers: own,
    }),
  );
}

/** @throws HoldfastError `InvalidSetting`, naming the part that is wrong */
export function checkedPools(given: unknown): Readonly<Record<string, LocalPool>> {
  const parsed = poolsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = ['pools', ...(issue?.path ?? [])].join('.');
  throw new HoldfastError(
    'InvalidSetting',
    `The pools are not as they should be at ${field}: ${reasonOf(issue)}`,
    {
      field,
      hint: `Give --pools (pools in code) such as {"gpu":{"tags":["gpu"],"lanes":["high","low","aged"],"workers":2}}.`,
    },
  );
}

/** A bad name is told as a bad key, whose reason lies below. */
function reasonOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'invalid_key')
    return 'names of pools have up to 32 letters, digits, dashes and underscores, beginning with a letter';
  return issue?.message ?? 'no map of pools';
}

/** Tells of pools that nothing comes to, each with why. */
export function tellOfIdlePools(pools: readonly PoolPlan[], logger: Logger): void {
  const byName = Object.fromEntries(pools.map((pool) => [pool.name, pool]));
  for (const { covering, pool } of idlePools(byName)) {
    const reason = covering === undefined ? 'it has no tags' : `the pool ${covering} carries all of its tags`;
    logger.warn('nothing comes to a pool', { pool, reason });
  }
}
