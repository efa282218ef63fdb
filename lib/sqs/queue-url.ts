import type { Pools } from '../config/pools.ts';
import { HoldfastError } from '../model/errors.ts';

/**
 * The URL of the queue that an event names by its ARN: Lambda tells no URL. Queue names are unique within an account
 * and region, so the last segment decides.
 *
 * @throws HoldfastError `InvalidSetting` when no pool has such a queue
 */
export function queueUrlOf(arn: string, pools: Pools): string {
  const name = arn.slice(arn.lastIndexOf(':') + 1);
  const urls = Object.values(pools).flatMap(({ lanes }) => Object.values(lanes));
  const found = urls.find((url) => url !== undefined && new URL(url).pathname.split('/').at(-1) === name);
  if (found !== undefined) return found;
  throw new HoldfastError('InvalidSetting', `No pool has the queue ${name}`, { field: 'HOLDFAST_POOLS' });
}
