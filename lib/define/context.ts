import { AsyncLocalStorage } from 'node:async_hooks';
import type { ExecutionLabel } from '../model/run.ts';
import type { Logger } from '../ports/logger.ts';

/** What a handler knows of its own execution. */
export interface Context {
  readonly runId: string;
  /** The node within the run. */
  readonly taskId: string;
  /** The task's name; of a function of a workflow, the node's id. */
  readonly task: string;
  /** The workflow that this is a step of. */
  readonly workflow?: string;
  /** What the workflow says of this step beside its options. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** What an execution by reference said of itself. */
  readonly execution?: ExecutionLabel;
  /** Of the innermost loop that this is in the body of, from 1. */
  readonly iteration?: number;
  /** From 1. An attempt handed back (checkpoint and yield) is not counted. */
  readonly attempt: number;
  /**
   * Larger for every later holder of this run, so a store that remembers the largest one seen can refuse the writes of
   * a holder that lost its lease.
   */
  readonly fencingToken: number;
  /** The same for every attempt of this node, in each iteration of a loop another: give it to services that deduplicate. */
  readonly idempotencyKey: string;
  readonly tenant: string;
  readonly workerId: string;
  readonly traceparent: string | undefined;
  /** Outputs of the runs that this one depends on, by the names given to them in a batch, else by their ids. */
  readonly dependencies: Readonly<Record<string, unknown>>;
  /** ISO 8601. */
  readonly submittedAt: string;
  /**
   * Fires when the result is no longer wanted; its reason is a HoldfastError with code `LeaseLost`, `Cancelled`,
   * `TimedOut`, `ShuttingDown` or `DeadlineNear`.
   */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** What `checkpoint` stored last, in this or an earlier attempt. */
  readonly checkpointed: unknown;
  /** Shown at `GET /tasks/{id}` after the next renewal. At most 1 KB as JSON. */
  progress(value: unknown): void;
  /**
   * Remembers a state to go on from. It is stored with the next renewal of the lease; near the end of a Lambda
   * invocation it is stored at once, this call throws, and the task goes on from it in the next invocation.
   */
  checkpoint(state: unknown): Promise<void>;
  /**
   * Tells something of this attempt, beside its result: shown by `GET /runs/{id}/attempts`. JSON, 32 KB and 100 names in
   * all; `undefined` takes it back.
   */
  setVariable(name: string, value: unknown): void;
  /** Milliseconds until the attempt's timeout. */
  remainingMs(): number;
}

const storage = new AsyncLocalStorage<Context>();

/** The context of the handler this is called below of; undefined outside. */
export function currentContext(): Context | undefined {
  return storage.getStore();
}

/** Runs `work` so that `currentContext` finds `ctx` anywhere below it. */
export function withContext<T>(ctx: Context, work: () => T): T {
  return storage.run(ctx, work);
}
