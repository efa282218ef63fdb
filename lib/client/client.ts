import type { Task } from '../define/task.ts';
import type { Workflow } from '../define/workflow/workflow.ts';
import type { Duration } from '../model/duration.ts';
import type { CancelMode, DeliveryTarget, Priority, RunStatus } from '../model/run.ts';
import type { AttemptsPage } from './attempt-view.ts';
import type { RunCost } from './cost-view.ts';
import type { ExecutionRequest, ExecutionResult } from './execution-view.ts';
import type {
  DefinitionView,
  FinishedRun,
  ListedDefinition,
  QueueView,
  Redrive,
  Run,
  RunCounts,
  RunPage,
  WorkerView,
} from './run-view.ts';
import type { Why } from './why-view.ts';

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
  /** Runs of the same tenant that must succeed before it starts; at most 100. */
  readonly dependsOn?: readonly RunRef[];
  /** What becomes of it when one of them does not succeed: `fail` (default) or `skip`. */
  readonly onDependencyFailure?: 'fail' | 'skip';
  /** Where its result is sent, however it ends; at most 4 targets. At least once, with the same id each time. */
  readonly deliverTo?: readonly DeliveryTarget[];
}

/** Who wants something of a run, and why. */
export interface WhoAndWhy {
  readonly reason?: string;
  readonly by?: string;
  readonly tenant?: string;
}

export interface CancelOptions extends WhoAndWhy {
  /** `graceful` (default) lets a running attempt finish; `abort` fires its abort signal. */
  readonly mode?: CancelMode;
}

export interface SignalOptions {
  /** A signal of the same id counts once. Default: a new one each time. 1 to 128 characters. */
  readonly id?: string;
  readonly tenant?: string;
}

export interface RetryOptions {
  /** Instead of what went into the step that failed; of a task, instead of its input. */
  readonly input?: unknown;
  readonly tenant?: string;
}

/** Which runs something is done to. */
export interface RunFilter extends Pick<ListOptions, 'name' | 'since' | 'until' | 'tenant'> {
  /** Only of those that it can be done to. */
  readonly status?: RunStatus;
  /** At most so many, the latest first: 1 to 1,000, default 100. */
  readonly limit?: number;
  /** Goes on where the call before stopped, with the same filter. */
  readonly cursor?: string;
}

/** Which failed runs are tried again. */
export type RetryFilter = Omit<RunFilter, 'status'>;

export interface ManyOptions {
  /** Says which runs it would be, and does nothing. */
  readonly dryRun?: boolean | undefined;
  /**
   * Looks at no more pages of a listing than this, each of at most 1,000 entries of the index, and may stop short of the
   * limit therefore; over HTTP it is one request. Default: as many as it takes.
   */
  readonly pages?: number;
}

/** What was done to many. */
export interface ManyRuns<Row> {
  readonly runs: readonly Row[];
  /** Give it back to go on; absent once there are no more. */
  readonly cursor?: string;
}

/** One of many runs that something was done to. */
export interface SteeredRun {
  readonly id: string;
  readonly task: string;
  /** As it stands now. */
  readonly status: RunStatus;
  /** Why it was refused. */
  readonly error?: { readonly code: string; readonly message: string };
}

export interface RetriedRun {
  /** The run that failed. */
  readonly id: string;
  readonly task: string;
  /** The run that goes on from it; absent in a dry run, or where it could not be. */
  readonly retry?: string;
  /** Why it could not be tried again. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** One of the runs that are submitted together. */
export interface BatchEntry<Input = unknown> extends Omit<SubmitOptions, 'dependsOn' | 'tenant'> {
  /** How the others call it: a name of 1 to 64 characters. */
  readonly ref: string;
  readonly task: Task<Input, unknown> | Workflow<Input, unknown>;
  readonly input: Input;
  /** Names of others in the batch, or ids of runs. A dependent gets their outputs under the same names. */
  readonly dependsOn?: readonly string[];
}

/** As `BatchEntry`, by name. */
export interface NamedBatchEntry extends Omit<BatchEntry, 'task'> {
  readonly task: string;
}

export interface ListOptions {
  readonly status?: RunStatus;
  readonly name?: string;
  /** ISO 8601: those that ended then or later; of active ones, those that are looked at next then or later. */
  readonly since?: string;
  /** ISO 8601: those that ended then or earlier; of active ones, those that are looked at next then or earlier. */
  readonly until?: string;
  /** By the same times. Default `latest` first. */
  readonly sort?: 'latest' | 'earliest';
  readonly tenant?: string;
  /** 1 to 100, default 20. */
  readonly limit?: number;
  readonly cursor?: string;
}

export interface InTenant {
  readonly tenant?: string;
}

export interface CountsOptions extends InTenant {
  /** Of those that have ended, only those that did then or later. */
  readonly since?: string;
}

export interface GetOptions extends InTenant {
  /** False leaves the nodes of a workflow out, and what it takes to read them. Default true. */
  readonly nodes?: boolean;
  /**
   * Larger inputs and outputs are left out, with their length instead, unless they are so short (1 KB) that they lie with
   * the run. Default: all are shown. Over HTTP those of more than 2,500,000 bytes never are.
   */
  readonly valueBytesMax?: number;
}

export interface AttemptsOptions extends InTenant {
  /** Only those of the node with this path. */
  readonly node?: string;
  /** 1 to 100, default 20. */
  readonly limit?: number;
  readonly cursor?: string;
}

export interface CostOptions extends InTenant {
  /** Whose list prices are taken. Default `us-east-1`. */
  readonly region?: string;
}

export interface WaitOptions extends InTenant {
  /** Default: as long as it takes. */
  readonly timeout?: Duration;
  readonly signal?: AbortSignal;
}

export interface WatchOptions extends WaitOptions {
  /** False leaves the nodes of a workflow out, and what it takes to read them. Default true. */
  readonly nodes?: boolean;
}

export interface EventsOptions extends InTenant {
  /** Only runs that have come into this state. */
  readonly status?: RunStatus;
  readonly name?: string;
  /** Goes on from where a stream was left: of the last event that was seen. Default: from now on. */
  readonly cursor?: string;
  /**
   * Told now and then from where to go on, also while nothing happens: a stream from there need not look again at all that
   * happened to others meanwhile.
   */
  readonly onCursor?: (cursor: string) => void;
  readonly signal?: AbortSignal;
}

/** A run that has changed. */
export interface RunEvent {
  /** As a listing shows it: without its nodes. */
  readonly run: Run;
  /** Give it back to go on from here. */
  readonly cursor: string;
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
  /** How many runs there are, roughly: as the index has them. @throws HoldfastError `InvalidArgument` */
  counts(options?: CountsOptions): Promise<RunCounts>;
  /**
   * All or nothing: at most 100 runs that may depend on each other. Those with an idempotency key are found again.
   *
   * @throws HoldfastError as `submit`, and `DependencyCycle`, `DependencyMissing`
   */
  submitAll<const Inputs extends readonly unknown[]>(
    entries: { readonly [Index in keyof Inputs]: BatchEntry<Inputs[Index]> },
    options?: InTenant,
  ): Promise<{ -readonly [Index in keyof Inputs]: Submitted }>;
  /** By name, for callers without the code. @throws also HoldfastError `UnknownTask` */
  submitAllByName(entries: readonly NamedBatchEntry[], options?: InTenant): Promise<readonly Submitted[]>;
  /**
   * Nothing of the run is started any more; it ends once those who hold a node of it have finished, and its children have
   * ended. A graceful cancel can be raised to `abort`.
   *
   * @throws HoldfastError `NotFound`, `AlreadyCancelled`, `AlreadyFinished`
   */
  cancel(run: RunRef, options?: CancelOptions): Promise<Run>;
  /**
   * Nothing of the run is started until it is resumed. Its children go on.
   *
   * @throws HoldfastError `NotFound`, `AlreadyPaused`, `AlreadyCancelled`, `AlreadyFinished`
   */
  pause(run: RunRef, options?: CancelOptions): Promise<Run>;
  /** @throws HoldfastError `NotFound`, `NotPaused`, `AlreadyCancelled`, `AlreadyFinished` */
  resume(run: RunRef, options?: WhoAndWhy): Promise<Run>;
  /**
   * Gives a value to the step that waits for it, or to the first one that will.
   *
   * @throws HoldfastError `NotFound`, `UnknownSignal`, `InvalidSignal`, `SignalsFull`, `AlreadyCancelled`, `AlreadyFinished`
   */
  signal(run: RunRef, name: string, payload?: unknown, options?: SignalOptions): Promise<Run>;
  /**
   * Goes on from where a run failed, as a new run: what had succeeded is not done again.
   *
   * @throws HoldfastError `NotFound`, `NotFailed`, `AlreadyRetried`, `InvalidInput`, `NotSerializable`, `PayloadTooLarge`
   */
  retry(run: RunRef, options?: RetryOptions): Promise<Submitted>;
  /**
   * Retries many, one after the other. Those that were retried already, or never began, are left out; so are children,
   * which are retried with their parents.
   */
  retryAll(filter?: RetryFilter, options?: ManyOptions): Promise<ManyRuns<RetriedRun>>;
  /**
   * Cancels many that have not ended: dependents before what they wait for, as far as one call finds both; children with
   * their parents. Deliveries of results are left alone unless they are named, and what is being cancelled already is,
   * unless `abort` raises it.
   */
  cancelAll(
    filter?: RunFilter,
    options?: Omit<CancelOptions, 'tenant'> & ManyOptions,
  ): Promise<ManyRuns<SteeredRun>>;
  /** Pauses many that go on and are not asked to stop yet, one after the other; deliveries of results only by their name. */
  pauseAll(
    filter?: RunFilter,
    options?: Omit<CancelOptions, 'tenant'> & ManyOptions,
  ): Promise<ManyRuns<SteeredRun>>;
  /** Resumes many that are paused, one after the other. */
  resumeAll(
    filter?: RunFilter,
    options?: Omit<WhoAndWhy, 'tenant'> & ManyOptions,
  ): Promise<ManyRuns<SteeredRun>>;
  /** The one thing that a run waits for. @throws HoldfastError `NotFound` */
  why(run: RunRef, options?: InTenant): Promise<Why>;
  /**
   * What attempts told beside their results: errors, logs, variables, resources. Those that told nothing are left out,
   * unless the setting `keepAttempts` says otherwise.
   *
   * @throws HoldfastError `NotFound`
   */
  attempts(run: RunRef, options?: AttemptsOptions): Promise<AttemptsPage>;
  /**
   * What a run has asked of AWS so far, by its submission and nodes, and what that costs. A node says so with the write
   * that ends its attempt. What others do to the run is not in it: looks of discovery, cancels, signals, reads.
   *
   * @throws HoldfastError `NotFound`, `UnknownRegion`
   */
  cost(run: RunRef, options?: CostOptions): Promise<RunCost>;
  /**
   * Has a registered task executed, or, where that is switched on, code that comes along. It is a run like any other.
   *
   * @throws HoldfastError as `submitByName`, the field named as it is here, and `StoredCodeDisabled`
   */
  execute(request: ExecutionRequest): Promise<Submitted>;
  /** What became of an execution, or of any run; one that is not there is a result, too. */
  execution(id: string, options?: { readonly organization?: string }): Promise<ExecutionResult>;
  /** Resolves once the run has ended, however it ended. @throws HoldfastError `NotFound`, `WaitTimedOut` */
  wait<Output>(run: Submitted<Output>, options?: WaitOptions): Promise<FinishedRun<Output>>;
  wait(run: RunRef, options?: WaitOptions): Promise<FinishedRun>;
  /** The output. @throws HoldfastError `RunFailed`, `RunCancelled`, and those of `wait` */
  result<Output>(run: Submitted<Output>, options?: WaitOptions): Promise<Output>;
  result(run: RunRef, options?: WaitOptions): Promise<unknown>;
  /**
   * The run as it is, and again whenever it has changed, until it has ended. What changes and changes back between two
   * looks is not seen.
   *
   * @throws HoldfastError `NotFound`, `WaitTimedOut`; the signal's reason when it fires
   */
  watch<Output>(run: Submitted<Output>, options?: WatchOptions): AsyncIterable<Run<Output>>;
  watch(run: RunRef, options?: WatchOptions): AsyncIterable<Run>;
  /**
   * Runs as they change, until the signal fires: all that end or are paused, and of those that go on the hundred that are
   * due next. Each change comes at least once, within about ten seconds.
   *
   * @throws HoldfastError `InvalidArgument`; the signal's reason when it fires
   */
  events(options?: EventsOptions): AsyncIterable<RunEvent>;
  workers(): Promise<readonly WorkerView[]>;
  /** How many messages wait for the workers of each pool, are in flight, delayed, or dead. */
  queues(): Promise<readonly QueueView[]>;
  /**
   * Sends the dead letters of a pool back to its queues; SQS may go on moving them afterwards.
   *
   * @throws HoldfastError `NotFound` for an unknown pool and for one without a dead-letter queue, `QueueUnreachable`
   */
  redrive(pool: string): Promise<Redrive>;
  /** What can be submitted by name; empty for a client without a tasks module. */
  definitions(): Promise<readonly ListedDefinition[]>;
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
