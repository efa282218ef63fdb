import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { TaskPolicy } from '../policy.ts';
import type { AnyTask } from '../task.ts';
import type { AnyWorkflow } from './workflow.ts';

/** A task where it is executed, with the options of the task and of its step in one. */
export interface StepCode {
  readonly kind: 'step';
  readonly task: AnyTask;
  readonly policy: TaskPolicy;
  readonly retryIf: ((error: unknown) => boolean) | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A pure function of the definition: of a map, of the join of a fork, or the one that gives a branch its key. */
export interface InlineCode {
  readonly kind: 'map' | 'join' | 'route';
  readonly run: (value: never) => unknown;
  readonly policy: TaskPolicy;
}

/** What is made of a signal that has come. */
export interface SignalCode {
  readonly kind: 'signal';
  /** What the payload must be; without it anything is taken. */
  readonly schema: StandardSchemaV1 | undefined;
  /** Without it the payload goes on. */
  readonly merge: ((value: never, payload: never) => unknown) | undefined;
  readonly policy: TaskPolicy;
}

/** The workflow that a child run executes. */
export interface ChildCode {
  readonly kind: 'child';
  readonly workflow: AnyWorkflow;
  readonly policy: TaskPolicy;
}

/** The user's code of one node. A loop has none of its own; the code of a fork is that of its join. */
export type NodeCode = StepCode | InlineCode | SignalCode | ChildCode | { readonly kind: 'delay' };

/** The code of a definition's nodes, by path. */
export type Nodes = ReadonlyMap<string, NodeCode>;
