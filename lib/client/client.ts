import type { Task } from '../define/task.ts';
import type { Workflow } from '../define/workflow/workflow.ts';
import type { Duration } from '../model/duration.ts';
import type { CancelMode, Priority, RunStatus } from '../model/run.ts';
import type { DefinitionView, FinishedRun, Run, RunPage, WorkerView } from './run-view.ts';

export interface SubmitOptions {
  /** The same key and input again give the same run; another input is `IdempotencyConflict`. 1 to 256 characters. */
  readonly idempotencyKey?: string;
  readonly priority?: Priority;
  readonly tags?: readonly string[];
  /** Not before this long from now; at most 366 days. */
  readonly delay?: Duration;
  readonly tenant?: string;
  /** Of a task alone: the steps of a workflow have their own. */
  readonly timeout?: Duration;
  /** Of a task alone: the steps of a workflow have their own. */
  readonly maxAttempts?: number;
  readonly traceparent?: string;
}

export interface CancelOptions {
  readonly reason?: string;
  readonly by?: string;
  /** `graceful` (default) lets a running attempt finish; `abort` fires its abort signal. */
  readonly mode?: CancelMode;
  readonly tenant?: string;
}

export interface ListOptions {
  readonly status?: RunStatus;
  readonly name?: string;
  readonly tenant?: string;
  /** 1 to 100, default 20. */
  readonly limit?: number;
  readonly cursor?: string;
}

export interface InTenant {
  readonly tenant?: string;
}

export interface GetOptions extends InTenant {
  /** False leaves the nodes of a workflow out, and what it takes to read them. Default true. */
  readonly nodes?: boolean;
}

export interface WaitOptions extends InTenant {
  /** Default: as long as it takes. */
  readonly timeout?: Duration;
  readonly signal?: AbortSignal;
}

/** A run as a reference: an id, or anything that carries one, typed by its output. */
export type RunRef<Output = unknown> = string | Pick<Run<Output>, 'id' | 'tenant'>;

/**
 * What a program does with tasks and workflows. Every method rejects with a HoldfastError; codes besides those named below:
 * `StoreUnreachable`, `TableNotFound`, or `ApiUnreachable` over HTTP.
 */
export interface Client {
  /** @throws HoldfastError `InvalidInput`, `NotSerializable`, `PayloadTooLarge`, `IdempotencyConflict`, `UnknownTag` */
  submit<Input, Output>(
    definition: Task<Input, Output> | Workflow<Input, Output>,
    input: NoInfer<Input>,
    options?: SubmitOptions,
  ): Promise<Submitted<Output>>;
  /** By name, for callers without the code. @throws also HoldfastError `UnknownTask` */
  submitByName(definition: string, input: unknown, options?: SubmitOptions): Promise<Submitted>;
  /** @throws HoldfastError `NotFound` */
  get(run: RunRef, options?: GetOptions): Promise<Run>;
  list(options?: ListOptions): Promise<RunPage>;
  /** @throws HoldfastError `NotFound`, `AlreadyCancelled`, `AlreadyFinished` */
  cancel(run: RunRef, options?: CancelOptions): Promise<Run>;
  /** Resolves once the run has ended, however it ended. @throws HoldfastError `NotFound`, `WaitTimedOut` */
  wait<Output>(run: Submitted<Output>, options?: WaitOptions): Promise<FinishedRun<Output>>;
  wait(run: RunRef, options?: WaitOptions): Promise<FinishedRun>;
  /** The output. @throws HoldfastError `RunFailed`, `RunCancelled`, and those of `wait` */
  result<Output>(run: Submitted<Output>, options?: WaitOptions): Promise<Output>;
  result(run: RunRef, options?: WaitOptions): Promise<unknown>;
  workers(): Promise<readonly WorkerView[]>;
  /**
   * What a name or a hash stands for. By hash also workflows whose code is not here any more, once they were submitted.
   *
   * @throws HoldfastError `NotFound`
   */
  definition(nameOrHash: string): Promise<DefinitionView>;
}

/** A run just submitted, or found under the same idempotency key. */
export type Submitted<Output = unknown> = Run<Output> & {
  /** False when a run with the same idempotency key and payload was there already. */
  readonly created: boolean;
};
