import type { Shape } from '../model/definition.ts';
import type {
  CancelMode,
  DeliveryTarget,
  ExecutionLabel,
  Priority,
  RunStatus,
  TerminalStatus,
} from '../model/run.ts';

/** Why a run or its last attempt failed. */
export interface RunError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly attempt: number;
  readonly workerId?: string;
}

interface RunBase {
  readonly id: string;
  readonly tenant: string;
  /** The name of the task or workflow. */
  readonly task: string;
  readonly kind: 'task' | 'workflow';
  readonly hash: string;
  /** Undefined, too, where it is too large to be shown: `inputBytes` says how large. */
  readonly input: unknown;
  readonly inputBytes?: number;
  /** It lay apart, and is gone or changed. */
  readonly inputLost?: true;
  readonly priority: Priority;
  readonly tags: readonly string[];
  /** Attempts begun, those handed back not counted. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly workerId?: string;
  /** What the handler reported last by `ctx.progress`. */
  readonly progress?: unknown;
  readonly idempotencyKey?: string;
  /** The runs that it depends on, and those of them that it still waits for. */
  readonly dependsOn?: readonly string[];
  readonly waitsFor?: readonly string[];
  /** The node of another run that this one stands for. */
  readonly parent?: { readonly id: string; readonly node: string };
  /** The failed run that this one goes on from. */
  readonly retryOf?: string;
  /** Of one that has failed, where one run is asked for: the run that goes on from it. */
  readonly retriedAs?: string;
  /** Where its result is delivered. Each delivery is a run by itself, which is there once this one has ended. */
  readonly deliveries?: readonly (DeliveryTarget & { readonly id: string })[];
  /** The run whose result this one delivers. */
  readonly deliveryOf?: string;
  /** What an execution by reference said of itself. */
  readonly execution?: ExecutionLabel;
  /** Who let it go on after a pause, the last time. */
  readonly resumed?: ResumeRequest;
  /** ISO 8601, as all times here. */
  readonly createdAt: string;
  /** Of a task's last attempt; of a workflow, where one run is asked for, of its first node. */
  readonly startedAt?: string;
  /** Of a task: since when its last attempt could begin, or when the next one can. */
  readonly readyAt?: string;
  /** Of a task that is worked on: until when its lease holds, as it was renewed last. */
  readonly leasedUntil?: string;
  /** Of a workflow, where one run is asked for: its nodes, the earliest first. */
  readonly nodes?: readonly NodeView[];
}

/** One place in a workflow's tree, as far as the run has come. */
export interface NodeView {
  /** Its path: `confirm/payment/charge`. */
  readonly id: string;
  readonly status: RunStatus;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly workerId?: string;
  /** Since when its last attempt could begin, or when the next one can; of one that waits, since when. */
  readonly readyAt?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly nextRetryAt?: string;
  /** Of one that is worked on: until when its lease holds, as it was renewed last. */
  readonly leasedUntil?: string;
  /** What goes in instead of what came before: edited by whoever had it tried again. Absent where it is too large. */
  readonly input?: unknown;
  /** Absent where it is too large to be shown beside others: `outputBytes` says how large. */
  readonly output?: unknown;
  readonly outputBytes?: number;
  /** It lay apart, and is gone or changed. */
  readonly outputLost?: true;
  readonly error?: RunError;
  readonly progress?: unknown;
  readonly cached?: boolean;
  /** How often a loop goes round, or went. */
  readonly iteration?: number;
  /** The route that a branch took, how an iteration of a loop ended, or `timeout` where a signal did not come in time. */
  readonly decision?: string;
  /** The signal that it waits for, or that has come. */
  readonly signal?: { readonly name: string; readonly until?: string; readonly id?: string };
  /** The run that it stands for. */
  readonly child?: { readonly id: string; readonly status?: RunStatus };
}

export interface ResumeRequest {
  readonly reason?: string;
  readonly by?: string;
  readonly since: string;
}

/** What somebody asked for: to cancel, or to pause. */
export interface CancelRequest {
  readonly mode: CancelMode;
  readonly reason?: string;
  readonly by?: string;
  readonly since: string;
}

interface Ended extends RunBase {
  readonly endedAt: string;
  /** From the start of a task's last attempt to the end, in milliseconds; of a workflow from its creation. */
  readonly durationMs: number;
}

export interface ActiveRun extends RunBase {
  readonly status: Extract<RunStatus, 'ready' | 'waiting' | 'running' | 'paused'>;
  /** The error of the last attempt, while the next one is due at `nextRetryAt`. */
  readonly error?: RunError;
  /** When a ready run may start, if that is later than now. */
  readonly nextRetryAt?: string;
  readonly cancel?: CancelRequest;
  readonly pause?: CancelRequest;
}
export interface SucceededRun<Output = unknown> extends Ended {
  readonly status: 'succeeded';
  /** Undefined, too, where it is too large to be shown: `outputBytes` says how large. */
  readonly output: Output;
  readonly outputBytes?: number;
  /** It lay apart, and is gone or changed. */
  readonly outputLost?: true;
  /** True when the result came from the result cache. */
  readonly cached?: boolean;
}
export interface FailedRun extends Ended {
  readonly status: 'failed';
  readonly error: RunError;
}
export interface CancelledRun extends Ended {
  readonly status: 'cancelled' | 'skipped';
  readonly cancel?: CancelRequest;
  readonly error?: RunError;
}

/** A run as people see it; `output` exists only on one that succeeded. */
export type Run<Output = unknown> = ActiveRun | SucceededRun<Output> | FailedRun | CancelledRun;
export type FinishedRun<Output = unknown> = SucceededRun<Output> | FailedRun | CancelledRun;

export interface WorkerView {
  readonly id: string;
  readonly pool: string;
  readonly kind: 'lambda' | 'process';
  /** `lost`: silent past its expiry with work in hand. A silent idle Lambda environment is `stopped`. */
  readonly status: 'healthy' | 'lost' | 'stopped';
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Mean duration of ended attempts in milliseconds; 0 before the first. */
  readonly averageMs: number;
  readonly startedAt: string;
  readonly lastSeenAt: string;
}

/** Where messages for the workers of a pool wait. */
export interface QueueView {
  readonly pool: string;
  /** That its workers carry. */
  readonly tags: readonly string[];
  /** By priority: `normal`, and those that have a queue of their own. */
  readonly lanes: readonly string[];
  /** Roughly how many messages a worker that asks would get, in all of them. Absent where they gave no answer. */
  readonly waiting?: number;
  /** Roughly how many are received and hidden. */
  readonly inFlight?: number;
  /** Roughly how many were sent with a delay that is not over. */
  readonly delayed?: number;
  /** Roughly how many nobody could handle. Absent too where the pool has no dead-letter queue. */
  readonly deadLetters?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Dead letters on their way back. */
export interface Redrive {
  readonly pool: string;
  /** Roughly how many. */
  readonly messages: number;
}

/** A task or workflow that is registered. */
export interface ListedDefinition {
  readonly name: string;
  readonly kind: 'task' | 'workflow';
  readonly hash: string;
  /** Of a workflow, whose highest version new runs get. */
  readonly version?: number;
}

/** A task or workflow as data. */
export interface DefinitionView {
  readonly name: string;
  readonly kind: 'task' | 'workflow';
  readonly hash: string;
  /** Of a registered workflow. */
  readonly version?: number;
  readonly shape: Shape;
}

/** How many runs there are. Those that end at the moment count as active. */
export interface RunCounts {
  /** Ready, waiting or running. */
  readonly active: number;
  readonly paused: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly skipped: number;
  /** Of which there are more than were counted. */
  readonly more?: readonly ('active' | 'paused' | TerminalStatus)[];
}

export interface RunPage {
  readonly runs: readonly Run[];
  /** Give it back to read on; absent on the last page. */
  readonly cursor?: string;
}
