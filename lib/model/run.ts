import type { Failure } from './failure.ts';
import type { DefinitionHash, NodeId, Nonce, RunId, TenantId } from './ids.ts';
import type { Payload } from './payload.ts';
import type { EpochMs, EpochSec } from './time.ts';

/** The version of the run item's shape that this code writes, and the newest it reads. */
export const schemaVersion = 1;

export type RunStatus =
  | 'ready'
  | 'waiting'
  | 'running'
  | 'paused'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'skipped';
export type TerminalStatus = Extract<RunStatus, 'succeeded' | 'failed' | 'cancelled' | 'skipped'>;
/** Which part of the index a run stands in: `active` runs are looked at when `at` has come. */
export type Phase = 'active' | 'paused' | TerminalStatus;
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
export interface FailedNode extends NodeBase {
  readonly status: 'failed';
  readonly failure: Failure;
  readonly endedAt: EpochMs;
}
export interface CancelledNode extends NodeBase {
  readonly status: 'cancelled';
  readonly endedAt: EpochMs;
}
export type RunNode = ReadyNode | LeasedNode | LoopingNode | SucceededNode | FailedNode | CancelledNode;

/** The nodes of a run with their paths. */
export const nodesOf = (run: Pick<Run, 'nodes'>) => Object.entries(run.nodes) as [NodeId, RunNode][];

/** Whether a node may still change. */
export const isOpen = ({ status }: Pick<RunNode, 'status'>): boolean =>
  status === 'ready' || status === 'running' || status === 'waiting';

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
  readonly pool: string;
  readonly priority: Priority;
  readonly tags: readonly string[];
  readonly idempotencyKey?: string;
  /** Overrides the task's own timeout, in milliseconds. */
  readonly timeoutMs?: number;
  readonly traceparent?: string;
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
export function statusOf(run: Pick<Run, 'phase' | 'nodes'>): RunStatus {
  if (run.phase !== 'active') return run.phase;
  const nodes = Object.values(run.nodes);
  if (nodes.some((node) => node.status === 'running')) return 'running';
  return nodes.some((node) => node.status === 'ready') ? 'ready' : 'waiting';
}
