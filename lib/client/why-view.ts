import type { RunStatus } from '../model/run.ts';
import type { RunError } from './run-view.ts';

export type Cause =
  /** It waits for nothing: it has ended. */
  | 'ended'
  /** Somebody works on it, or fell silent while working on it. */
  | 'lease'
  /** A message is on its way to a worker. */
  | 'queue'
  /** A delay, or the time it was submitted for. */
  | 'timer'
  /** The pause before the next attempt. */
  | 'retry'
  | 'signal'
  | 'dependency'
  | 'child'
  /** Paused, or about to be once those who are at work have finished. */
  | 'paused'
  | 'cancelling'
  /** No worker serves its pool. */
  | 'pool'
  /** A limit of its task is reached: it waits for a slot, or for its time. */
  | 'limit'
  /** Nobody here has its definition. */
  | 'definition';

/** The one thing that a run waits for. */
export interface Why {
  readonly id: string;
  readonly status: RunStatus;
  readonly cause: Cause;
  /** The same as a sentence. */
  readonly message: string;
  /** The path of the node that waits. */
  readonly node?: string;
  /** When it is over at the latest: ISO 8601. */
  readonly until?: string;
  readonly workerId?: string;
  /** The name of the signal. */
  readonly signal?: string;
  /** Ids of the runs that it waits for. */
  readonly runs?: readonly string[];
  readonly pool?: string;
  /** The limit that is reached; `key` where it has one of its own. */
  readonly limit?: { readonly name: string; readonly key?: string };
  readonly reason?: string;
  readonly by?: string;
  readonly error?: RunError;
}
