import type { TaskPolicy } from '../policy.ts';
import type { AnyTask } from '../task.ts';

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

/** The user's code of one node. A loop has none of its own; the code of a fork is that of its join. */
export type NodeCode = StepCode | InlineCode | { readonly kind: 'delay' };

/** The code of a definition's nodes, by path. */
export type Nodes = ReadonlyMap<string, NodeCode>;
