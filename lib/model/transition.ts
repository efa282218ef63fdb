import type { Run, RunKey } from './run.ts';

/** Where something stands in a run: property names, and under `nodes` a node's id. */
export type Path = readonly string[];

/** A comparison with a missing path is false, as in DynamoDB. */
export type Condition =
  | { readonly is: 'present' | 'absent'; readonly path: Path }
  | { readonly is: '=' | '<' | '<=' | '>'; readonly path: Path; readonly value: string | number }
  | { readonly is: '<'; readonly path: Path; readonly than: Path }
  /** Whether a set has a member; a missing set has none. */
  | { readonly is: 'contains' | 'lacks'; readonly path: Path; readonly value: string }
  /** A set of less members than that, or none at all. */
  | { readonly is: 'fewer'; readonly path: Path; readonly value: number };

/** A condition under a stable name, so that a proof can switch it off and see whether anyone notices. */
export type Guard = Condition & { readonly guard: string };

export type Update =
  | { readonly set: Path; readonly value: unknown }
  /** Set to the old value at `from`, plus `by`. Every right-hand side is the item before the update. */
  | { readonly set: Path; readonly from: Path; readonly by: number }
  | { readonly remove: Path }
  /** Adds members to a set, which it creates; those that are in it already do no harm. */
  | { readonly add: Path; readonly members: readonly string[] }
  /** Takes members out of a set; with its last member the set goes, too. */
  | { readonly drop: Path; readonly members: readonly string[] };

/** One conditional write, as data: a store turns it into one `UpdateItem`, a simulation applies it to a map. */
export interface Transition {
  readonly name: string;
  readonly key: RunKey;
  readonly guards: readonly Guard[];
  readonly updates: readonly Update[];
  /** The run was counted among the open ones of its tenant: with this write it no longer is. */
  readonly givesBack?: true;
}

/** The one write that creates a run. */
export interface Creation {
  readonly name: 'submit';
  readonly run: Run;
  /** Of a run that is counted: only if then no more than so many of its tenant are open. */
  readonly openMax?: number;
}
