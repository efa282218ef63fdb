import type { AttemptRecord } from '../model/attempt.ts';
import type { NodeId } from '../model/ids.ts';
import type { RunKey } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';

export interface AttemptQuery {
  /** Only those of one node. */
  readonly node?: NodeId;
  readonly limit: number;
  readonly cursor?: string;
}

export interface AttemptPage {
  /** By their nodes; those of one node in the order in which they began. */
  readonly attempts: readonly AttemptRecord[];
  /** Give it back to read on; absent on the last page. */
  readonly cursor?: string;
}

/**
 * What attempts tell beside their results: for people only, nothing is decided by it. An attempt that has nothing to tell
 * is not here. Nothing is deleted but by expiry.
 */
export interface AttemptStore {
  /** Putting the same attempt again replaces what was told of it. @param expiresAt after this time it may be deleted */
  put(key: RunKey, record: AttemptRecord, expiresAt: EpochMs): Promise<void>;
  /** Strongly consistent. A page may be shorter than its limit, and even empty, with a cursor. */
  list(key: RunKey, query: AttemptQuery): Promise<AttemptPage>;
}
