import type { Failure } from './failure.ts';
import type { DefinitionHash, NodeId, Nonce, RunId, TenantId } from './ids.ts';
import type { Limited } from './limit.ts';
import type { Payload } from './payload.ts';
import type { EpochMs, EpochSec } from './time.ts';

/** The version of the run item's shape that this code writes, and the newest it reads. */
export const schemaVersion = 1;

/** Of runs and nodes alike, those that go on first. */
export const runStatuses = [
  'ready',
  'waiting',
  'running',
  'paused',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
] as const;
export type RunStatus = (typeof runStatuses)[number];
export type TerminalStatus = Extract<RunStatus, 'succeeded' | 'failed' | 'cancelled' | 'skipped'>;
/**
 * Where a run is in its life. `active` runs are looked at when `at` has come; so are `ending` ones, which have ended as
 * `ended` says and still owe something: dependents their release, a parent or a target the result, children their end.
 */
export type Phase = 'active' | 'ending' | 'paused' | TerminalStatus;
export type Priority = 'high' | 'normal' | 'low';
export type CancelMode = 'graceful' | 'abort';

/** What somebody asked for while the run goes on. */
export interface Control {
  readonly kind: 'cancel' | 'pause';
  readonly mode: CancelMode;
  readonly reason?: string;
  readonly by?: string;
  readonly since: EpochMs;
}

/** Who let a paused run go on, and why. */
export interface Resumption {
  readonly reason?: string;
  readonly by?: string;
  readonly since: EpochMs;
}

/** What an execution by reference says of itself, beside what is to be run. */
export interface ExecutionLabel {
  readonly workflowId: string;
  readonly caller?: string;
  readonly filePath?: string;
}

/** Which run, in which tenant: the key of everything. */
export interface RunKey {
  readonly tenant: TenantId;
  readonly run: RunId;
}

/** The right of one owner to execute a node until a time. The epoch beside it and the nonce are the fence. */
export interface Lease {
  readonly nonce: Nonce;
  readonly until: EpochMs;
}

interface NodeBase {
  /** The run's epoch when the node was last claimed; 0 before the first claim. */
  readonly epoch: number;
  /** Attempts begun, those handed back not counted. */
  readonly attempt: number;
  readonly attemptsMax: number;
  readonly notBefore: EpochMs;
  readonly worker?: string;
  readonly startedAt?: EpochMs;
  /** The failure of the last attempt, kept beside the retry's `notBefore`; gone once the node succeeds. */
  readonly failure?: Failure;
  /** What `ctx.checkpoint` stored last. */
  readonly checkpoint?: Payload;
  /** What `ctx.progress` reported last, as text. */
  readonly progress?: string;
  /** The node whose output is this one's input; the run's own input where there is none. A join's come from its branches. */
  readonly from?: NodeId;
  /** Where its messages go; as the run's own where it is absent. */
  readonly pool?: string;
  readonly priority?: Priority;
  /** What goes in instead of the output of `from`: edited by whoever had the node tried again. */
  readonly input?: Payload;
  /** Of a node that waits for a signal, or has waited. */
  readonly signal?: AwaitedSignal;
  /** Of a node that stands for a child run. */
  readonly child?: ChildLink;
  /** Of one that was given back, not begun, because a limit of its task was reached. */
  readonly limited?: Limited;
  /** What its holders have asked of AWS (lib/cost/spent-text.ts). Of one that has ended, absent for one small write. */
  readonly spent?: string;
}

/** What a node waits for from outside; `id` and `payload` once it has come, `timedOut` once it is too late. */
export interface AwaitedSignal {
  readonly name: string;
  /** The end of its timeout. */
  readonly until?: EpochMs;
  readonly id?: string;
  readonly payload?: Payload;
  readonly timedOut?: true;
}

/** The run that a node stands for, named before it is started; with `status` once it has ended. */
export interface ChildLink {
  readonly run: RunId;
  readonly status?: TerminalStatus;
  /** Of one that succeeded. Where it is a pointer, it lies with the parent. */
  readonly output?: Payload;
  readonly failure?: Failure;
}

export interface ReadyNode extends NodeBase {
  readonly status: 'ready';
}
export interface LeasedNode extends NodeBase {
  readonly status: 'running';
  readonly lease: Lease;
  readonly startedAt: EpochMs;
}
export interface SucceededNode extends NodeBase {
  readonly status: 'succeeded';
  /** Absent where there is nothing to hand on: of a route, and of a loop, whose last node has it. */
  readonly output?: Payload;
  readonly endedAt: EpochMs;
  /** True when the output came from the result cache and no handler ran. */
  readonly cached?: boolean;
  /** The key of the route taken, or a loop's `again` or `done`. */
  readonly decision?: string;
  /** The branch that ended here, until its join has ended. */
  readonly ends?: BranchEnd;
  /** How often a loop went round. */
  readonly iteration?: number;
}
/** Tells, without the definition, when a fork waits for its join only. */
export interface BranchEnd {
  readonly fork: NodeId;
  readonly branch: string;
  /** How many branches the fork has. */
  readonly of: number;
}
/** A loop that goes round: the nodes of its body are open. */
export interface LoopingNode extends NodeBase {
  readonly status: 'waiting';
  /** Counted from 1. */
  readonly iteration: number;
  /** What the iteration before gave to this one. */
  readonly output?: Payload;
}
/** Nobody works on it until its signal or its timeout comes, or its child run ends. It has waited since `notBefore`. */
export interface AwaitingNode extends NodeBase {
  readonly status: 'waiting';
  readonly iteration?: never;
  readonly output?: never;
}
export interface FailedNode extends NodeBase {
  readonly status: 'failed';
  readonly failure: Failure;
  readonly endedAt: EpochMs;
}
export interface CancelledNode extends NodeBase {
  readonly status: 'cancelled';
  readonly endedAt: EpochMs;
}
/** Never begun, because of what its run depended on. */
export interface SkippedNode extends NodeBase {
  readonly status: 'skipped';
  readonly endedAt: EpochMs;
}
export type RunNode =
  | ReadyNode
  | LeasedNode
  | LoopingNode
  | AwaitingNode
  | SucceededNode
  | FailedNode
  | CancelledNode
  | SkippedNode;

/** The nodes of a run with their paths. */
export const nodesOf = (run: Pick<Run, 'nodes'>) => Object.entries(run.nodes) as [NodeId, RunNode][];

/** The node that stands for a run that has ended: whose output or failure is the run's. */
export const resultNodeOf = ({ nodes, result }: Pick<Run, 'nodes' | 'result'>): RunNode | undefined =>
  result === undefined ? Object.values(nodes)[0] : nodes[result];

/** Whether a node may still change. */
export const isOpen = ({ status }: Pick<RunNode, 'status'>): boolean =>
  status === 'ready' || status === 'running' || status === 'waiting';

export interface StoredSignal {
  readonly name: string;
  readonly id: string;
  readonly payload: Payload;
}

export interface Dependency {
  /** The name under which the output is handed on; the run's id where it is absent. */
  readonly as?: string;
  /** Once it has succeeded. Where it is a pointer, it lies with the dependent run. */
  readonly output?: Payload;
}

/** Where the result of a run is sent: an https URL, or a queue by the name that the deployment gave it. */
export type DeliveryTarget =
  | { readonly webhook: string; readonly queue?: never }
  | { readonly queue: string; readonly webhook?: never };

/** One execution: the run item as the protocol sees it. */
export interface Run extends RunKey {
  readonly schema: number;
  readonly kind: 'task' | 'workflow';
  /** The name of the task or workflow. */
  readonly name: string;
  readonly hash: DefinitionHash;
  /** Hash of what was submitted: tells a repeated submission from a different one under the same key. */
  readonly submission: string;
  readonly phase: Phase;
  /** For an active run, when someone must look at it; for a finished one, when it ended. */
  readonly at: EpochMs;
  readonly rev: number;
  readonly epoch: number;
  readonly looks: number;
  readonly input: Payload;
  readonly nodes: Readonly<Record<NodeId, RunNode>>;
  /** The node that ended the run, where it is not the only one: its output or failure is the run's. */
  readonly result?: NodeId;
  /** Finished nodes lie in items of their own. */
  readonly hasHistory?: boolean;
  readonly control?: Control;
  /** The last time somebody had it go on after a pause. */
  readonly resumed?: Resumption;
  /** How it ended, while its phase is `ending`. */
  readonly ended?: TerminalStatus;
  /** Why it failed, where that is no node's failure. */
  readonly failure?: Failure;
  /** Signals that came before anybody waited for them, oldest first; at most 64. */
  readonly signals?: readonly StoredSignal[];
  /** The ids of the last 64 signals, so that none counts twice. */
  readonly signalIds?: readonly string[];
  /** Runs that have not succeeded yet and must; a set, in no order. */
  readonly waitsFor?: readonly RunId[];
  /** Runs that wait for this one; a set, in no order, of at most 256. */
  readonly dependents?: readonly RunId[];
  /** Every run that it depends on. */
  readonly dependencies?: Readonly<Record<RunId, Dependency>>;
  /** What becomes of it when one of them does not succeed. Default `fail`. */
  readonly onDependencyFailure?: 'skip';
  /** The node of another run that this one stands for. */
  readonly parent?: { readonly run: RunId; readonly node: NodeId };
  /** The failed run that this one goes on from. */
  readonly retryOf?: RunId;
  /** Of a run that was asked for by reference. */
  readonly execution?: ExecutionLabel;
  /** Where its result is sent, however it ends; at most 4 targets. */
  readonly deliverTo?: readonly DeliveryTarget[];
  /** The run whose result this one delivers. */
  readonly deliveryOf?: RunId;
  /** It is counted among the open runs of its tenant, until it leaves the active index. */
  readonly counted?: true;
  readonly pool: string;
  readonly priority: Priority;
  readonly tags: readonly string[];
  readonly idempotencyKey?: string;
  /** Overrides the task's own timeout, in milliseconds. */
  readonly timeoutMs?: number;
  readonly traceparent?: string;
  /** What its submission asked of AWS, where that was not the least there can be: one small put and one message. */
  readonly spent?: string;
  readonly createdAt: EpochMs;
  readonly endedAt?: EpochMs;
  /** When the store may delete the item; set only when the run has ended and owes nothing. */
  readonly expires?: EpochSec;
}

/** The node id of a single task's run: a tree of one node. */
export const soleNode = 'task' as NodeId;

/**
 * The status people see. It is derived, never stored, so that it cannot disagree with the nodes: a write on one node
 * need not know what its siblings do.
 */
export function statusOf(run: Pick<Run, 'phase' | 'nodes' | 'ended' | 'control' | 'waitsFor'>): RunStatus {
  if (run.phase === 'ending') return run.ended ?? 'failed';
  if (run.phase !== 'active') return run.phase;
  const nodes = Object.values(run.nodes);
  if (nodes.some((node) => node.status === 'running')) return 'running';
  if (run.control?.kind === 'pause') return 'paused';
  if (run.waitsFor) return 'waiting';
  return nodes.some((node) => node.status === 'ready') ? 'ready' : 'waiting';
}
