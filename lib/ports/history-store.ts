import type { RunKey } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { Leaving } from '../protocol/history.ts';

/**
 * Finished nodes that have left the run's own item. The same ones may be put twice, under two names, when the write
 * that takes them out had to be made again: who reads finds each node once.
 */
export interface HistoryStore {
  /**
   * @param name unique within the run
   * @param expiresAt after this time the store may delete them
   */
  put(key: RunKey, name: string, nodes: Leaving, expiresAt: EpochMs): Promise<void>;
  /** All of a run. Strongly consistent. */
  list(key: RunKey): Promise<Leaving>;
}
