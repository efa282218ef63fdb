import { HoldfastError } from '../model/errors.ts';
import type { ClientPorts } from './ports.ts';
import type { QueueView } from './run-view.ts';

/** Each pool's queues together. One that gives no answer says so, and hides no other. */
export async function readQueues({
  pools,
  poolQueues,
}: Pick<ClientPorts, 'pools' | 'poolQueues'>): Promise<readonly QueueView[]> {
  return await Promise.all(
    Object.entries(pools).map(async ([pool, { lanes, tags }]) => {
      const base = { pool, tags, lanes: Object.keys(lanes) };
      try {
        return { ...base, ...(await poolQueues.counts(pool)) };
      } catch (error) {
        if (!(error instanceof HoldfastError)) throw error;
        return { ...base, error: { code: error.code, message: error.message } };
      }
    }),
  );
}
