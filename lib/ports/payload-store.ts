import type { RunKey } from '../model/run.ts';

/**
 * Texts too large for the run item. A written text never changes; writing the same name again with the same text is
 * harmless. Nothing is deleted here: expiry comes with the run's.
 */
export interface PayloadStore {
  /** @param name unique within the run, such as `input` or `<node>#<epoch>` */
  put(key: RunKey, name: string, text: string): Promise<void>;
  /** @throws HoldfastError `NotFound` when there is none. */
  get(key: RunKey, name: string): Promise<string>;
}
