import type { NodeId, Nonce, RunId } from '../model/ids.ts';
import type { Dispatch } from '../model/message.ts';
import type { AwaitingNode, LeasedNode, LoopingNode, Priority, ReadyNode, Run } from '../model/run.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import type { Update } from '../model/transition.ts';
import { dispatchOf } from './dispatch.ts';
import { type Fence, set } from './guards.ts';
import { dispatchGraceMs, idleLookMs, messageDelayMaxMs } from './limits.ts';
import { leaseNeedAt } from './look-in-time.ts';
import { Mailbox, signalsLeft } from './mailbox.ts';
import type { Opened, OpenedNode } from './nodes/open.ts';

/** What the code of a node says of it, and its run does not. */
export interface NodePlan {
  readonly attemptsMax: number;
  readonly leaseMs: Ms;
  /** Where its messages go, if not where those of its run go. */
  readonly pool?: string;
  readonly priority?: Priority;
  /** Not to be gone on with here: its code is not, or other workers serve it. */
  readonly isElsewhere?: boolean;
}

/** Who opens nodes, and under which conditions. */
export interface OpenOptions {
  readonly now: EpochMs;
  readonly planOf: (path: NodeId) => NodePlan;
  /** Of the message that led here; a submission has 0 behind it. */
  readonly hop: number;
  readonly hopLimit: number;
  /** Names the runs that nodes stand for: a new name each time. */
  readonly nameChild: () => RunId;
  /** Goes on with the first node that can run at once; without it everything is left to messages. */
  readonly inline?: Inline | undefined;
}

export interface Inline {
  /** Fresh: a late repetition of an earlier write of this holder must not pass for one on this node. */
  readonly nonce: Nonce;
  readonly worker: string;
  /** The invocation's end: no lease outlives it. */
  readonly endsAt: EpochMs;
}

/** A node as it is opened. */
type OpenNode = ReadyNode | LeasedNode | LoopingNode | AwaitingNode;

/** Nodes as they are written, and what follows from them. */
export interface Opening {
  readonly updates: readonly Update[];
  readonly nodes: Readonly<Record<NodeId, OpenNode>>;
  /** The node that its opener goes on with. */
  readonly continues?: Fence;
  /** Those that need a message, and when. */
  readonly rings: readonly { readonly path: NodeId; readonly delayMs: Ms }[];
  /** When somebody must look at them at the latest. */
  readonly needAt: EpochMs;
  /**
   * Whether signals matter to it: the run must be as it was seen then, also for a holder in a branch, which otherwise
   * writes whatever came between. `taken` where a signal that was there went to a node.
   */
  readonly signals?: 'seen' | 'taken';
}

/** What becomes of one node when it is opened. */
interface Opens {
  readonly node: OpenNode;
  readonly needAt: EpochMs;
  /** When it gets a message, counted from now. */
  readonly ringMs?: Ms;
}

/**
 * @param epoch under which they are opened: of the opener's lease, or a new one
 * @param run as it was seen
 */
export function openNodes(
  opened: Opened,
  epoch: number,
  options: OpenOptions,
  run: Pick<Run, 'signals'>,
): Opening {
  const { hop, hopLimit, inline, now, planOf } = options;
  const mayRing = hop + 1 < hopLimit;
  const mailbox = new Mailbox(run.signals);
  const nodes: Record<NodeId, OpenNode> = {};
  const rings: { path: NodeId; delayMs: Ms }[] = [];
  const needs: EpochMs[] = [];
  for (const path of opened.loops) {
    nodes[path] = { status: 'waiting', iteration: 1, epoch, attempt: 0, attemptsMax: 0, notBefore: now };
  }
  let continues: Fence | undefined;
  for (const node of opened.nodes) {
    const { path } = node;
    const plan = planOf(path);
    const base = { ...common(node, epoch, plan), ...linked(node, mailbox, options) };
    const isAwaiting = base.signal !== undefined && base.signal.id === undefined;
    if (inline && !continues && !isAwaiting && node.delayMs === 0 && !plan.isElsewhere) {
      const until = Math.min(now + plan.leaseMs, inline.endsAt);
      nodes[path] = leased(base, { inline, now, until });
      continues = { node: path, epoch, nonce: inline.nonce };
      needs.push(leaseNeedAt(until));
      continue;
    }
    const begins = now + node.delayMs;
    const opens = isAwaiting ? awaiting(base, begins, now) : ready(base, begins, now);
    nodes[path] = opens.node;
    const isRung = mayRing && opens.ringMs !== undefined && opens.ringMs <= messageDelayMaxMs;
    if (isRung) rings.push({ path, delayMs: opens.ringMs });
    needs.push(isRung ? opens.needAt + dispatchGraceMs : opens.needAt);
  }
  return {
    updates: [
      ...Object.entries(nodes).map(([path, node]) => set(['nodes', path], node)),
      ...(mailbox.isTouched ? [signalsLeft(mailbox.left)] : []),
    ],
    nodes,
    ...(continues && { continues }),
    rings,
    needAt: Math.min(...needs),
    ...(mailbox.isTouched
      ? { signals: 'taken' as const }
      : opened.nodes.some(({ signal }) => signal) && { signals: 'seen' as const }),
  };
}

type Base = Omit<ReadyNode, 'status' | 'attempt' | 'notBefore'>;

const common = ({ from }: OpenedNode, epoch: number, { attemptsMax, pool, priority }: NodePlan) => ({
  epoch,
  attemptsMax,
  ...(from !== undefined && { from }),
  ...(pool !== undefined && { pool }),
  ...(priority !== undefined && { priority }),
});

/** What ties a node to the world outside of its run. */
function linked(
  { delayMs, isChild, signal }: OpenedNode,
  mailbox: Mailbox,
  { nameChild, now }: OpenOptions,
): Pick<Base, 'signal' | 'child'> {
  if (isChild) return { child: { run: nameChild() } };
  if (!signal) return {};
  const { name, timeoutMs } = signal;
  const until = timeoutMs === undefined ? {} : { until: now + delayMs + timeoutMs };
  const came = mailbox.take(name);
  return { signal: { name, ...until, ...(came && { id: came.id, payload: came.payload }) } };
}

const ready = (base: Base, notBefore: EpochMs, now: EpochMs): Opens => ({
  node: { status: 'ready', ...base, attempt: 0, notBefore },
  needAt: notBefore,
  ringMs: notBefore - now,
});

/** Its message comes when it is too late for the signal. */
function awaiting(base: Base, notBefore: EpochMs, now: EpochMs): Opens {
  const until = base.signal?.until;
  return {
    node: { status: 'waiting', ...base, attempt: 0, notBefore },
    needAt: until ?? now + idleLookMs,
    ...(until !== undefined && { ringMs: until - now }),
  };
}

function leased(
  base: Base,
  { inline, now, until }: { inline: Inline; now: EpochMs; until: EpochMs },
): LeasedNode {
  return {
    status: 'running',
    ...base,
    attempt: 1,
    notBefore: now,
    lease: { nonce: inline.nonce, until },
    worker: inline.worker,
    startedAt: now,
  };
}

/** The doorbells of opened nodes. */
export function dispatchesOf(run: Run, { nodes, rings }: Opening, hop: number): Dispatch[] {
  const opened = { ...run, nodes };
  return rings.map(({ delayMs, path }) => dispatchOf(opened, path, { delayMs, hop }));
}

/** What comes after a write that opened nodes, once it was applied. */
export interface FollowUp {
  /** The node that the same holder goes on with. */
  readonly continues?: Fence;
  readonly dispatches: readonly Dispatch[];
}

export const followUpOf = (run: Run, opening: Opening, { hop }: OpenOptions): FollowUp => ({
  ...(opening.continues && { continues: opening.continues }),
  dispatches: dispatchesOf(run, opening, hop + 1),
});
