import type { RunKey } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';

/**
 * Texts too large for the run item. A written text never changes; writing the same name again with the same text is
 * harmless. Nothing is deleted here but by expiry.
 */
export interface PayloadStore extends PayloadItems {
  /** Whether it takes texts that are too large for an item, under names that `objectName` made. */
  readonly hasObjects: boolean;
  /**
   * Keeps a text of one run with another one as well. The expiry is that of the copy.
   *
   * @throws HoldfastError as `get`
   */
  copy(from: StoredName, to: StoredName, expiresAt: EpochMs): Promise<void>;
}

export interface StoredName {
  readonly key: RunKey;
  readonly name: string;
}

/** Texts that an item of the table can hold. */
export interface PayloadItems {
  /**
   * @param name unique within the run, such as `<node>#<epoch>`
   * @param expiresAt after this time the store may delete it
   * @throws HoldfastError `StoreUnreachable`
   */
  put(key: RunKey, name: string, text: string, expiresAt: EpochMs): Promise<void>;
  /** @throws HoldfastError `PayloadMissing` when there is none, `PayloadDamaged` when it is another, `StoreUnreachable` */
  get(key: RunKey, name: string): Promise<string>;
}
