import type { DefinitionHash } from './ids.ts';
import type { Priority } from './run.ts';
import type { Ms } from './time.ts';

/*
 * The shape of what a run executes: serialisable and without user code, so that discovery tends runs without a deploy
 * of their tasks. A node's path is the ids from the top joined by '/':
 *
 *   validate                 an element at the top
 *   confirm                  a fork and its join, which share one id
 *   confirm/payment/charge   an element of its branch `payment`
 *   route/express/fly        an element of the route `express` of the branch `route`
 *   route/~/wait             an element of its otherwise-body; no name begins with `~`
 *   poll/check               an element of the body of the loop `poll`
 *   approved/~/remind        an element of what follows when the signal `approved` does not come in time
 */

/** A task, executed under a lease. */
export interface StepShape {
  readonly kind: 'step';
  /** Unique among its siblings. */
  readonly id: string;
  readonly task: string;
  /** The task's output is a loop decision. */
  readonly decides?: true;
  readonly leaseMs?: Ms;
  readonly timeoutMs?: Ms;
  readonly priority?: Priority;
  readonly tags?: readonly string[];
}

/** A pure function, run inline. */
export interface MapShape {
  readonly kind: 'map';
  readonly id: string;
}

/** A pause. */
export interface DelayShape {
  readonly kind: 'delay';
  readonly id: string;
  readonly delayMs: Ms;
}

/** Waits for a signal from outside. */
export interface SignalShape {
  readonly kind: 'signal';
  readonly id: string;
  readonly signal: string;
  readonly timeoutMs?: Ms;
  /** What its input goes through when the signal does not come in time; without it the run fails. */
  readonly onTimeout?: Sequence;
}

/** A run of another workflow; its output goes on. */
export interface ChildShape {
  readonly kind: 'child';
  readonly id: string;
  readonly workflow: string;
  readonly hash: DefinitionHash;
}

/** Branches side by side, and what makes one value of their outputs. Its id is the id of its join. */
export interface ForkShape {
  readonly kind: 'fork';
  readonly id: string;
  readonly branches: readonly ForkBranch[];
  readonly join: StepShape | MapShape;
}

export interface ForkBranch {
  readonly name: string;
  readonly body: Sequence;
}

/** One of several bodies, by a key; the function that gives the key runs at this node. */
export interface BranchShape {
  readonly kind: 'branch';
  readonly id: string;
  readonly routes: readonly Route[];
  readonly otherwise?: Sequence;
}

export interface Route {
  readonly key: string;
  readonly body: Sequence;
}

/** A body that is repeated until its decision is `done`. */
export interface LoopShape {
  readonly kind: 'loop';
  readonly id: string;
  readonly body: Sequence;
  /** 1 to 1,000,000. */
  readonly maxIterations: number;
  /** What becomes of a run whose last allowed iteration decides `again`. */
  readonly onMax: 'fail' | 'exitWithLast';
}

export type ElementShape =
  | StepShape
  | MapShape
  | DelayShape
  | SignalShape
  | ChildShape
  | ForkShape
  | BranchShape
  | LoopShape;
export type Sequence = readonly ElementShape[];

/** The shape of a definition. A single task is a sequence of one step whose id is `task`. */
export interface Shape {
  readonly kind: 'task' | 'workflow';
  readonly name: string;
  readonly body: Sequence;
}
