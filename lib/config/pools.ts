import * as z from 'zod';
import { HoldfastError } from '../model/errors.ts';
import type { Priority } from '../model/run.ts';
import { type Env, envNames, required } from './env.ts';
import { partName, readJsonVariable } from './json-variable.ts';
import { type LaneName, laneNames } from './lanes.ts';

const poolsSchema = z.record(
  partName,
  z.strictObject({
    tags: z.array(z.string().min(1).max(64)).default([]),
    lanes: z.strictObject({
      normal: z.url(),
      high: z.url().optional(),
      low: z.url().optional(),
      aged: z.url().optional(),
    } satisfies Record<LaneName, z.ZodType>),
  }),
);

/** The pools of a stack: each a queue, perhaps with lanes by priority, and the tags its workers carry. */
export type Pools = z.infer<typeof poolsSchema>;

/** The pool of tasks without tags. */
export const defaultPool = 'default';

/** @throws HoldfastError `MissingSetting`, `InvalidSetting`. */
export function readPools(env: Env): Pools {
  const field = envNames.pools;
  const pools = readJsonVariable(required(env, field), {
    field,
    schema: poolsSchema,
    what: 'a map of pools',
  });
  if (pools[defaultPool]) return pools;
  throw new HoldfastError('InvalidSetting', `${field} has no pool named ${defaultPool}`, { field });
}

/** The queue of a pool for a priority: its own lane, else the normal one; for what has aged the lane for that, if any. */
export function laneUrl(pools: Pools, pool: string, priority: Priority, aged?: true): string {
  const lanes = lanesOf(pools, pool);
  return (aged && lanes.aged) ?? lanes[priority] ?? lanes.normal;
}

/** Whether what waits long in a pool has a lane of its own. */
export const hasAgedLane = (pools: Pools, pool: string): boolean =>
  Object.hasOwn(pools, pool) && pools[pool]?.lanes.aged !== undefined;

/** The queues of a pool, each once, in the order in which its workers look into them. */
export function laneUrls(pools: Pools, pool: string): readonly string[] {
  const lanes = lanesOf(pools, pool);
  return [...new Set(laneNames.map((lane) => lanes[lane]).filter((url) => url !== undefined))];
}

function lanesOf(pools: Pools, pool: string): Pools[string]['lanes'] {
  // Its own property only: any name may be asked for.
  const lanes = Object.hasOwn(pools, pool) ? pools[pool]?.lanes : undefined;
  if (lanes) return lanes;
  throw new HoldfastError('InvalidSetting', `There is no pool named ${pool}`, { field: envNames.pools });
}

/**
 * The pool for a set of tags: the first whose own tags include them all; without tags the default pool.
 *
 * @throws HoldfastError `UnknownTag`
 */
export function poolFor(pools: Pools, tags: readonly string[]): string {
  if (tags.length === 0) return defaultPool;
  const found = Object.entries(pools).find(([, pool]) => tags.every((tag) => pool.tags.includes(tag)));
  if (!found) {
    throw new HoldfastError('UnknownTag', `No pool carries the tags ${JSON.stringify(tags)}`, {
      field: 'tags',
    });
  }
  return found[0];
}

/**
 * The pools that nothing comes to: those without tags beside the default one, and those whose tags an earlier pool
 * carries, too, which is named then.
 */
export function idlePools(
  pools: Readonly<Record<string, { readonly tags?: readonly string[] | undefined }>>,
): readonly { readonly pool: string; readonly covering?: string }[] {
  const all = Object.entries(pools);
  return all.flatMap(([pool, { tags = [] }], index) => {
    if (pool === defaultPool) return [];
    if (tags.length === 0) return [{ pool }];
    const covering = all.slice(0, index).find(([, other]) => tags.every((tag) => other.tags?.includes(tag)));
    return covering ? [{ pool, covering: covering[0] }] : [];
  });
}
