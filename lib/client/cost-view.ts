import type { Dollars } from '../cost/dollars.ts';
import type { Usage } from '../cost/usage.ts';

/** What a run has cost so far, at list prices without any free tier. */
export interface RunCost {
  readonly id: string;
  /** Whose prices they are. */
  readonly region: string;
  /** When they were looked up. */
  readonly pricesAsOf: string;
  readonly dollars: number;
  readonly byService: Dollars;
  readonly usage: Usage;
  /** The submission, then the nodes in the order in which they began. Those that have cost nothing are left out. */
  readonly parts: readonly CostPart[];
  /** Nothing more will come: the run has ended. */
  readonly final: boolean;
}

export interface CostPart {
  /** The path of a node; of a single task `task`. Absent of the submission. */
  readonly node?: string;
  readonly dollars: number;
  readonly usage: Usage;
}
