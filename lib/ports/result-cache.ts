import type { EpochMs } from '../model/time.ts';

/** Results shared across runs, by key. An entry past its expiry counts as absent, swept or not. */
export interface ResultCache {
  get(key: string, now: EpochMs): Promise<string | undefined>;
  /** The first put wins: returns the text that is stored afterwards, which may be another's. */
  put(key: string, text: string, now: EpochMs, expiresAt: EpochMs): Promise<string>;
}
