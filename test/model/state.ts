import type { NodeId, Nonce } from '../../lib/model/ids.ts';
import type { Dispatch } from '../../lib/model/message.ts';
import type { CancelMode, Run, RunNode } from '../../lib/model/run.ts';
import type { EpochMs } from '../../lib/model/time.ts';
import type { ClaimCommand } from '../../lib/protocol/claim.ts';
import type { Fence } from '../../lib/protocol/guards.ts';
import type { Relations } from '../../lib/protocol/look.ts';
import type { CheckedWrite } from '../../lib/testing/invariants.ts';
import type { Submitted } from './scenario.ts';

/**
 * One state of the whole system: what is stored, what is on its way, and where each actor stands between two requests.
 * Never changed in place.
 */
export interface State {
  readonly now: EpochMs;
  /** Which runs there can be is fixed; undefined until one is created. */
  readonly runs: readonly (Run | undefined)[];
  readonly queue: readonly Message[];
  readonly workers: readonly Worker[];
  readonly discoverers: readonly Discoverer[];
  readonly clients: readonly Client[];
  /** Requests whose sender has stopped waiting, and which may still reach the store. */
  readonly late: readonly Write[];
  /** Actors that stand still with a request in hand: time passes them by. */
  readonly frozen: readonly string[];
  readonly budget: Budget;
  /** Looks are counted no further, so that their pauses grow no further. */
  readonly looksMax: number;
  /** Nonces given out. */
  readonly nonces: number;
}

/** Any message may be received at any time: that it should be hidden or delayed only makes it more likely to come late. */
export interface Message {
  readonly run: number;
  readonly dispatch: Dispatch['message'];
}

/** A conditional write on its way, and the run it is for. */
export interface Write extends CheckedWrite {
  readonly run: number;
}

/** A run that is to be put where none of its id is. */
export interface Put {
  readonly run: number;
  readonly creation: Run;
  readonly dispatches: readonly Dispatch[];
}

export interface Held {
  readonly message: Message;
  readonly run: Run;
  readonly fence: Fence;
  readonly until: EpochMs;
}

/** How an attempt ended, as the handler has it. */
export interface Result {
  readonly kind: 'value' | 'error' | 'yield' | 'await' | 'cancelled';
  readonly decision?: string;
  /** For the lease on the node that comes next; without it time is up, and the rest is left to messages. */
  readonly nonce?: Nonce;
}

/** What a holder's last write is to leave behind, and what is done once it was applied. */
export interface Settling {
  readonly wrote: RunNode['status'];
  readonly dispatches: readonly Dispatch[];
  readonly continues?: Fence;
}

/**
 * The program points of an executor: it stands before the request named. A doorbell is rung in the step of the write that
 * it follows: a crash in between is the loss of the message.
 */
export type Worker =
  | { readonly at: 'idle' }
  | {
      readonly at: 'claim' | 'takeOver' | 'wake' | 'exhaust';
      readonly message: Message;
      readonly command: ClaimCommand;
      readonly write: Write;
      readonly tries: number;
      readonly seenAt: EpochMs | undefined;
    }
  | { readonly at: 'run'; readonly held: Held }
  | {
      readonly at: 'renew';
      readonly held: Held;
      readonly write: Write;
      readonly until: EpochMs;
      readonly isSecond: boolean;
    }
  | {
      readonly at: 'settle';
      readonly held: Held;
      readonly write: Write;
      readonly result: Result;
      readonly settling: Settling;
    }
  | {
      readonly at: 'join';
      readonly message: Message;
      readonly write: Write;
      readonly fork: NodeId;
      readonly nonce?: Nonce;
      readonly tries: number;
      readonly dispatches: readonly Dispatch[];
      readonly continues?: Fence;
    }
  /** Before it puts the run that its node stands for. */
  | { readonly at: 'start'; readonly held: Held; readonly put: Put }
  | {
      readonly at: 'relate';
      readonly message: Message;
      readonly relating: Relating;
      /** What is done after that. */
      readonly then?: { readonly run: Run; readonly nonce?: Nonce };
    };

/** What is to be done for a run or for others that know it, as lib/relations does it: one after the other. */
export type Duty =
  /** Sees what it needs. */
  | { readonly to: 'tend'; readonly run: number }
  /** Ends it, where it is cancelled and quiet. `of`: the parent that waits for that. */
  | { readonly to: 'finish'; readonly run: number; readonly of?: number; readonly childless?: true }
  /** Cancels a child, or puts a tombstone in its place. */
  | {
      readonly to: 'end';
      readonly run: number;
      readonly of: number;
      readonly node: NodeId;
      readonly mode: CancelMode;
    }
  /** Tells a parent how its child has ended; a child that is gone has failed. */
  | { readonly to: 'tell'; readonly run: number; readonly of: number; readonly node: NodeId }
  /** Sees whether a child has ended, or is gone. */
  | { readonly to: 'check'; readonly run: number; readonly of: number; readonly node: NodeId }
  /** Tells a dependent how a run that it waits for has ended. */
  | { readonly to: 'release'; readonly run: number; readonly of: number }
  /** Makes a dependent known to a run that it waits for. */
  | { readonly to: 'attach'; readonly run: number; readonly of: number }
  | { readonly to: 'leave'; readonly run: number };

/** Stands before the request for the first of its duties: a read, where it is neither a write nor a put. */
export interface Relating {
  readonly duties: readonly Duty[];
  readonly write?: Write;
  readonly dispatches?: readonly Dispatch[];
  readonly put?: Put;
}

export type Discoverer =
  | { readonly at: 'idle' }
  | { readonly at: 'plan'; readonly run: number; readonly seen: Run }
  | {
      readonly at: 'look';
      readonly write: Write;
      readonly dispatches: readonly Dispatch[];
      readonly relations?: Relations;
    }
  | { readonly at: 'relate'; readonly relating: Relating };

/** What people ask of a run. */
export type Request =
  | { readonly ask: 'cancel' | 'pause'; readonly run: number; readonly mode: CancelMode }
  | { readonly ask: 'resume' | 'retry'; readonly run: number }
  | { readonly ask: 'signal'; readonly run: number; readonly signal: string; readonly id: string };

export type Client =
  | { readonly at: 'done' }
  | { readonly at: 'submit'; readonly submitted: Submitted }
  | { readonly at: 'ask'; readonly request: Request }
  | {
      readonly at: 'request';
      readonly request: Request;
      readonly write: Write;
      readonly dispatches: readonly Dispatch[];
    }
  /** Before it puts a run: one that depends on others, or goes on from one that failed. */
  | { readonly at: 'put'; readonly put: Put }
  | { readonly at: 'relate'; readonly relating: Relating };

/** How often each of these may still happen. What is not named here may happen at any time. */
export interface Budget {
  readonly crashes: number;
  /** Writes that are applied while their response is lost, so that the client library sends them again. */
  readonly lostResponses: number;
  /** Writes that are sent again while the first one is still on its way. */
  readonly late: number;
  readonly duplicates: number;
  /** Time passes only while nobody has a request in hand, but for those that are frozen. */
  readonly freezes: number;
  readonly renewals: number;
  readonly yields: number;
  /** Reads by discovery of what an index names that is behind, or that is acted on only later. */
  readonly stale: number;
  /** Looks while the queue is deep. */
  readonly deep: number;
  /** Rewrites of an item by a newer version. */
  readonly upgrades: number;
}

/** One possible next state. */
export interface Step {
  readonly label: string;
  readonly next: State;
  /** Whether something went wrong: a run must be able to end without more of these. */
  readonly fault: boolean;
  /** The invariants that this step breaks. */
  readonly broken: readonly string[];
}

/* One object each, because whatever is drawn of an object is kept with it. */
export const idle = { at: 'idle' } as const;
export const done = { at: 'done' } as const;

export const replace = <T>(list: readonly T[], index: number, item: T): readonly T[] =>
  list.with(index, item);
