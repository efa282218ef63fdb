import type { Duration } from '../../model/duration.ts';
import { HoldfastError } from '../../model/errors.ts';
import type { Schema } from '../schema.ts';
import type { AnyTask } from '../task.ts';
import type { ChildOptions, LoopOptions, StepOptions } from './options.ts';
import type { AnyWorkflow } from './workflow.ts';

/*
 * The builder as it runs. It only writes down what it is given: what is wrong is found when the workflow is built,
 * because only then the paths are known. The types of its arguments are what programs in TypeScript can give; those in
 * JavaScript can give anything, so the compiler of drafts trusts none of them.
 */

export interface StepDraft {
  readonly kind: 'step';
  readonly task: AnyTask;
  readonly options: StepOptions | undefined;
}
export interface MapDraft {
  readonly kind: 'map';
  readonly id: string;
  readonly run: (value: never) => unknown;
}
export interface DelayDraft {
  readonly kind: 'delay';
  readonly id: string;
  readonly duration: Duration;
}
export interface SignalDraft {
  readonly kind: 'signal';
  readonly name: string;
  readonly options: SignalDraftOptions | undefined;
}
interface SignalDraftOptions {
  readonly id?: string;
  readonly schema?: Schema;
  readonly timeout?: Duration;
  readonly merge?: (value: never, payload: never) => unknown;
  readonly onTimeout?: 'fail' | BodyDraft;
}
export interface ChildDraft {
  readonly kind: 'child';
  readonly workflow: AnyWorkflow;
  readonly options: ChildOptions | undefined;
}
export interface ForkDraft {
  readonly kind: 'fork';
  readonly branches: Readonly<Record<string, BodyDraft>>;
  readonly join: StepDraft | MapDraft;
}
export interface BranchDraft {
  readonly kind: 'branch';
  readonly id: string;
  readonly key: (value: never) => unknown;
  readonly routes: Readonly<Record<string, BodyDraft>>;
  readonly otherwise: BodyDraft | undefined;
}
export interface LoopDraft {
  readonly kind: 'loop';
  readonly id: string;
  readonly body: BodyDraft;
  readonly options: LoopOptions<'fail' | 'exitWithLast'>;
}
export type Draft =
  | StepDraft
  | MapDraft
  | DelayDraft
  | SignalDraft
  | ChildDraft
  | ForkDraft
  | BranchDraft
  | LoopDraft;

/** Gets an empty builder and should return it, continued. */
export type BodyDraft = (chain: Builder) => unknown;

type Finish = (drafts: readonly Draft[]) => AnyWorkflow;

export class Builder {
  readonly drafts: readonly Draft[];
  /** Of a workflow's own chain; the chain of a body cannot be built. Tells apart what began elsewhere. */
  readonly finish: Finish;

  constructor(finish: Finish, drafts: readonly Draft[] = []) {
    this.finish = finish;
    this.drafts = drafts;
    Object.freeze(this);
  }

  step(task: AnyTask, options?: StepOptions): Builder {
    return this.with({ kind: 'step', task, options });
  }

  fork(branches: ForkDraft['branches']): PendingFork {
    return new PendingFork(this, branches);
  }

  delay(id: string, duration: Duration): Builder {
    return this.with({ kind: 'delay', id, duration });
  }

  awaitSignal(name: string, options?: SignalDraftOptions): Builder {
    return this.with({ kind: 'signal', name, options });
  }

  child(workflow: AnyWorkflow, options?: ChildOptions): Builder {
    return this.with({ kind: 'child', workflow, options });
  }

  branch(id: string, key: BranchDraft['key'], routes: BranchDraft['routes'], otherwise?: BodyDraft): Builder {
    return this.with({ kind: 'branch', id, key, routes, otherwise });
  }

  map(id: string, run: MapDraft['run']): Builder {
    return this.with({ kind: 'map', id, run });
  }

  loop(id: string, body: BodyDraft, options: LoopDraft['options']): Builder {
    return this.with({ kind: 'loop', id, body, options });
  }

  build(): AnyWorkflow {
    return this.finish(this.drafts);
  }

  with(draft: Draft): Builder {
    return new Builder(this.finish, [...this.drafts, draft]);
  }
}

export class PendingFork {
  readonly #chain: Builder;
  readonly #branches: ForkDraft['branches'];

  constructor(chain: Builder, branches: ForkDraft['branches']) {
    this.#chain = chain;
    this.#branches = branches;
  }

  join(first: string | AnyTask, second?: unknown): Builder {
    const join: ForkDraft['join'] =
      typeof first === 'string'
        ? { kind: 'map', id: first, run: second as MapDraft['run'] }
        : { kind: 'step', task: first, options: second as StepOptions | undefined };
    return this.#chain.with({ kind: 'fork', branches: this.#branches, join });
  }

  /** For JavaScript: the types have no such method. */
  build(): never {
    throw new HoldfastError('InvalidWorkflow', `The ${this.describe()} has no join`, {
      field: this.describe(),
    });
  }

  describe(): string {
    return `fork of ${Object.keys(this.#branches ?? {}).join(', ')}`;
  }
}
