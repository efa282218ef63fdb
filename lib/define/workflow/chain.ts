import type { Duration } from '../../model/duration.ts';
import type { Task } from '../task.ts';
import type { Decision } from './decision.ts';
import type { ChildOptions, LoopOptions, SignalOptions, StepOptions } from './options.ts';
import type { AllCovered, End, Literal, NoFurther, Takes, Unused } from './types.ts';
import type { Workflow } from './workflow.ts';

/** Continues the chain it is given, and returns where it ends. */
export type Body<Value, Result = unknown> = (chain: Chain<Value>) => End<Result>;

/**
 * An unfinished definition: elements in a row, each of which gets what the one before gives. Chains are immutable:
 * every method returns a longer one. What is wrong with a definition is said by `build`, naming the node.
 */
export interface Chain<in out Value, in out Used extends string = never, in out Of = 'body'>
  extends End<Value> {
  /** Executes a task under a lease. Its output goes on. */
  step<Input, Output, const Name extends string, const Id extends string = Name>(
    task: Task<Input, Output, Name> & Takes<Value, Input> & Unused<NoInfer<Id>, Used>,
    options?: StepOptions<Id>,
  ): Chain<Output, Used | Literal<Id>, Of>;

  /** Runs 1 to 64 bodies side by side, each with the same value. A `join` must follow. */
  fork<Bodies extends Readonly<Record<string, Body<Value>>>>(
    branches: Bodies,
  ): Fork<
    {
      readonly [Name in keyof Bodies]: Bodies[Name] extends (chain: never) => End<infer Output>
        ? Output
        : never;
    },
    Used,
    Of
  >;

  /** Waits, `'1s'` to `'366d'`. The value goes on as it is. */
  delay<const Id extends string>(
    id: Id & Unused<Id, Used>,
    duration: Duration,
  ): Chain<Value, Used | Literal<Id>, Of>;

  /**
   * Waits for a signal of this name, from `client.signal` or `POST /runs/{id}/signals/{name}`. One that came before is
   * taken at once. The payload goes on, or what `merge` makes of it.
   */
  awaitSignal<
    const Name extends string,
    Payload,
    Merged = Payload,
    Late = never,
    const Id extends string = Name,
  >(
    name: Name & Unused<NoInfer<Id>, Used>,
    options?: SignalOptions<Value, Payload, Merged, Late, Id>,
  ): Chain<NoInfer<Awaited<Merged>> | NoInfer<Late>, Used | Literal<Id>, Of>;

  /** Submits a run of another workflow, and waits for it. Its output goes on; when it fails, so does this run. */
  child<Input, Output, const Name extends string, const Id extends string = Name>(
    workflow: Workflow<Input, Output, Name> & Takes<Value, Input> & Unused<NoInfer<Id>, Used>,
    options?: ChildOptions<Id>,
  ): Chain<Output, Used | Literal<Id>, Of>;

  /**
   * Runs one of several bodies: the one whose name the function gives. The function must be pure; it runs inline.
   * `otherwise` runs for any other key. The outputs of all bodies together are the type that goes on.
   */
  branch<const Id extends string, Key extends string, Routes extends { readonly [K in Key]?: Body<Value> }>(
    id: Id & Unused<Id, Used>,
    key: (value: Value) => Key,
    routes: Routes & NoFurther<Key, Routes> & AllCovered<Key, Routes>,
  ): Chain<
    {
      [K in keyof Routes]: Routes[K] extends (chain: never) => End<infer Output> ? Output : never;
    }[keyof Routes],
    Used | Literal<Id>,
    Of
  >;
  branch<
    const Id extends string,
    Key extends string,
    Routes extends { readonly [K in Key]?: Body<Value> },
    Otherwise,
  >(
    id: Id & Unused<Id, Used>,
    key: (value: Value) => Key,
    routes: Routes & NoFurther<Key, Routes>,
    otherwise: Body<Value, Otherwise>,
  ): Chain<
    | {
        [K in keyof Routes]: Routes[K] extends (chain: never) => End<infer Output> ? Output : never;
      }[keyof Routes]
    | Otherwise,
    Used | Literal<Id>,
    Of
  >;

  /** Turns the value into another. The function must be pure; it runs inline, without a lease of its own. */
  map<const Id extends string, Result>(
    id: Id & Unused<Id, Used>,
    run: (value: Value) => Result,
  ): Chain<Awaited<Result>, Used | Literal<Id>, Of>;

  /**
   * Repeats a body until its last element returns `done(value)`, which goes on; the value of `again(value)` goes into
   * the next iteration.
   */
  loop<
    const Id extends string,
    Decided extends Decision<Value, unknown>,
    const OnMax extends 'fail' | 'exitWithLast' = 'fail',
  >(
    id: Id & Unused<Id, Used>,
    body: Body<Value, Decided>,
    options: LoopOptions<OnMax>,
  ): Chain<
    Decided extends Decision<infer Again, infer Done>
      ? 'exitWithLast' extends OnMax
        ? Again | Done
        : Done
      : never,
    Used | Literal<Id>,
    Of
  >;

  /**
   * Makes the workflow.
   *
   * @throws HoldfastError `InvalidWorkflow`, `InvalidName`, `InvalidDuration`, `InvalidArgument`, naming the node
   */
  readonly build: Of extends WorkflowOf<infer Input, infer Name> ? () => Workflow<Input, Value, Name> : never;
}

/** A fork whose branches wait for what joins them. */
export interface Fork<in out Outputs, in out Used extends string = never, in out Of = 'body'> {
  /** Makes one value of the branches' outputs. The function must be pure; it runs inline. */
  join<const Id extends string, Result>(
    id: Id & Unused<Id, Used>,
    run: (outputs: Outputs) => Result,
  ): Chain<Awaited<Result>, Used | Literal<Id>, Of>;
  /** A task that takes the branches' outputs by their names. */
  join<Input, Output, const Name extends string, const Id extends string = Name>(
    task: Task<Input, Output, Name> & Takes<Outputs, Input> & Unused<NoInfer<Id>, Used>,
    options?: StepOptions<Id>,
  ): Chain<Output, Used | Literal<Id>, Of>;
}

/** What the chain of a workflow knows of it; that of a body knows of none. */
interface WorkflowOf<Input, Name extends string> {
  readonly input: Input;
  readonly name: Name;
}

/** The chain of a workflow that takes `Input` and begins with a `Value`. */
export type WorkflowChain<Input, Value, Name extends string = string> = Chain<
  Value,
  never,
  WorkflowOf<Input, Name>
>;
