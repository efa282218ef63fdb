import type { NodeId } from '../model/ids.ts';
import type { LimitKey, Slots } from '../model/limit.ts';
import type { RunKey } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';

/** A node that waits for a slot. */
export interface Waiter extends RunKey {
  readonly node: NodeId;
  /** The earliest is rung first. */
  readonly since: EpochMs;
}

/**
 * The slots of limits, and who waits for them. It decides nothing: what is written is what `askForSlot` said. Every
 * method throws HoldfastError `StoreUnreachable` or `TableNotFound` where no answer comes.
 */
export interface LimitStore {
  /** As they are now; undefined where nobody has asked yet, or not for long. */
  read(limit: LimitKey): Promise<Slots | undefined>;
  /** Writes the slots if their `rev` is still the one below; false where it is not. */
  write(limit: LimitKey, slots: Slots, expiresAt: EpochMs): Promise<boolean>;
  /** False where the slot is not the holder's any more. */
  renew(limit: LimitKey, holder: string, until: EpochMs): Promise<boolean>;
  /** What is left after the holder has gone; one that holds nothing does no harm. */
  release(limit: LimitKey, holder: string): Promise<Slots | undefined>;
  /** Again for the same waiter: the same entry. */
  wait(limit: LimitKey, waiter: Waiter, expiresAt: EpochMs): Promise<void>;
  /** Those that wait, the earliest first. */
  waiting(limit: LimitKey, max: number): Promise<readonly Waiter[]>;
  /** True for the one caller that took the waiter out. */
  leave(limit: LimitKey, waiter: Waiter): Promise<boolean>;
}
