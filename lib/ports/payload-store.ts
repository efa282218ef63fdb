import type { RunKey } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';

/**
 * Texts too large for the run item. A written text never changes; writing the same name again with the same text is
 * harmless. Nothing is deleted here but by expiry.
 */
export interface PayloadStore {
  /**
   * @param name unique within the run, such as `<node>#<epoch>`
   * @param expiresAt after this time the store may delete it
   */
  put(key: RunKey, name: string, text: string, expiresAt: EpochMs): Promise<void>;
  /** @throws HoldfastError `NotFound` when there is none. */
  get(key: RunKey, name: string): Promise<string>;
}
