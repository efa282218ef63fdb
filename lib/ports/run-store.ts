import { HoldfastError } from '../model/errors.ts';
import type { TenantId } from '../model/ids.ts';
import type { Phase, Run, RunKey } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { Creation, Transition } from '../model/transition.ts';

/** A run whose item this version cannot read (written by a newer one, or damaged): left to those who can. */
export interface UnreadableRun extends RunKey {
  readonly unreadable: true;
  readonly schema: number;
  /** What is wrong with a damaged item; absent when it is only newer. */
  readonly damage?: string;
  readonly at: EpochMs;
  readonly rev: number;
}

/** What became of one conditional write. A lost race is a value: the run as it stands instead, if there is one. */
export type Applied =
  | { readonly applied: true; readonly run: Run }
  | { readonly applied: false; readonly run: Run | UnreadableRun | undefined };

/** What became of several creations at once. */
export type CreatedAll =
  | { readonly created: true }
  /** None was created. What is there under the key of each, in their order; undefined where nothing is. */
  | { readonly created: false; readonly existing: readonly (Run | UnreadableRun | undefined)[] };

const creationsMax = 100;

/** @throws Error for more runs than one transaction takes, or one run twice: the caller's mistake. */
export function checkCreations(creations: readonly Creation[]): void {
  const max = creationsMax - (placesOf(creations) ? 1 : 0);
  if (creations.length > max) throw new Error(`${creations.length} runs at once; the limit is ${max}`);
  const names = new Set(creations.map(({ run }) => `${run.tenant}#${run.run}`));
  if (names.size < creations.length) throw new Error('one run is to be created twice');
}

/** What creations ask for that are counted among the open runs of their tenant. */
export interface Places {
  readonly tenant: TenantId;
  readonly count: number;
  /** So many may be open then. */
  readonly max: number;
}

/** @throws Error for creations that do not agree on whose they are and how many may be: the caller's mistake. */
export function placesOf(creations: readonly Creation[]): Places | undefined {
  const counted = creations.filter(({ run }) => run.counted);
  const [first] = counted;
  if (!first) return undefined;
  const { openMax: max, run } = first;
  if (max === undefined || counted.some((each) => each.openMax !== max || each.run.tenant !== run.tenant))
    throw new Error('runs that are counted together have one tenant and one limit');
  return { tenant: run.tenant, count: counted.length, max };
}

export const tooManyRuns = ({ max }: Places): HoldfastError =>
  new HoldfastError('TooManyRuns', `No more than ${max} runs of a tenant may be open here`);

/** What a write is billed: units of the table, and of its index. */
export interface WriteUnits {
  readonly table: number;
  readonly index: number;
}

export interface IndexEntry extends RunKey {
  readonly at: EpochMs;
}

export interface IndexPage {
  readonly entries: readonly IndexEntry[];
  /** Give it back to read on; absent on the last page. */
  readonly cursor?: string;
}

/** The phase under which the index names a run. One that is still ending stands where it is looked at: with the active. */
export const indexPhaseOf = (phase: Phase): Exclude<Phase, 'ending'> =>
  phase === 'ending' ? 'active' : phase;

export interface IndexQuery {
  /** Runs that are `ending` stand among the `active` ones, whichever of the two is asked for. */
  readonly phase: Phase;
  /** 0 to `shardCount` − 1. */
  readonly shard: number;
  /** Only entries whose `at` is not earlier than this. */
  readonly since?: EpochMs;
  /** Only entries whose `at` is not later than this. */
  readonly until?: EpochMs;
  readonly newestFirst?: boolean;
  readonly limit: number;
  readonly cursor?: string;
}

/** How many partitions the index spreads each phase over. */
export const shardCount = 16;

/**
 * The runs. One call is one request to the store, except where the item has to be read because the store does not
 * return it on a failed condition.
 *
 * It does not retry a refused write, does not send messages, and does not promise that `query` shows the latest state:
 * the index nominates, the conditional write on the run decides.
 *
 * Every method rejects with HoldfastError `StoreUnreachable` or `TableNotFound` when the store gives no answer.
 */
export interface RunStore {
  /**
   * Creates the run unless it exists; then the existing one comes back with `applied: false`. One that is counted becomes
   * one of the open runs of its tenant in the same moment, until a transition gives its place back. Exact, however many
   * are created and end at once.
   *
   * @throws HoldfastError `TooManyRuns` where as many are open as may be, `InvalidSetting` for one that is counted, on an
   *   endpoint without transactions
   */
  create(creation: Creation): Promise<Applied>;
  /**
   * Creates all runs, or none where any of them exists. At most 100, of counted ones 99, each once; those are counted and
   * refused as by `create`. A damaged one that exists is an
   * UnreadableRun.
   *
   * An endpoint without transactions (the embedded runtime on dynalite) gets the runs one after the other, once it is
   * seen that none exists. There it is not promised that all come to be when the process ends, the store goes away or
   * somebody else creates one of them in between: those that came to be before stay, and the same call again finds
   * them and creates none of the others.
   */
  createAll(creations: readonly Creation[]): Promise<CreatedAll>;
  /** Applies all updates if all guards hold, else nothing. Never creates a run. Returns the run after the write. */
  apply(transition: Transition): Promise<Applied>;
  /** As `apply`, for a run that cannot be read: nothing of it comes back but whether the write was applied. */
  applyUnread(transition: Transition): Promise<boolean>;
  /** Strongly consistent. */
  get(key: RunKey): Promise<Run | UnreadableRun | undefined>;
  /** Eventually consistent, in no particular order, without those that are missing. At most 100 keys. */
  getMany(keys: readonly RunKey[]): Promise<readonly (Run | UnreadableRun)[]>;
  /** Ordered by `at`. Eventually consistent. */
  query(query: IndexQuery): Promise<IndexPage>;
  /**
   * What creating the run will be billed, or the transition where the run is as it was seen; nothing is asked for it.
   * Absent where nothing is billed.
   */
  readonly foresee?: (run: Run, transition?: Transition) => WriteUnits;
}

export function isReadable(run: Run | UnreadableRun | undefined): run is Run {
  return run !== undefined && !('unreadable' in run);
}
