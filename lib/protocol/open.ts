import type { NodeId, Nonce } from '../model/ids.ts';
import type { Dispatch } from '../model/message.ts';
import type { LeasedNode, LoopingNode, Priority, ReadyNode, Run } from '../model/run.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import type { Update } from '../model/transition.ts';
import { dispatchOf } from './dispatch.ts';
import { type Fence, set } from './guards.ts';
import { dispatchGraceMs, messageDelayMaxMs } from './limits.ts';
import { leaseNeedAt } from './look-in-time.ts';
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

/** Nodes as they are written, and what follows from them. */
export interface Opening {
  readonly updates: readonly Update[];
  readonly nodes: Readonly<Record<NodeId, ReadyNode | LeasedNode | LoopingNode>>;
  /** The node that its opener goes on with. */
  readonly continues?: Fence;
  /** Those that need a message, and when. */
  readonly rings: readonly { readonly path: NodeId; readonly delayMs: Ms }[];
  /** When somebody must look at them at the latest. */
  readonly needAt: EpochMs;
}

/** @param epoch under which they are opened: of the opener's lease, or a new one */
export function openNodes(opened: Opened, epoch: number, options: OpenOptions): Opening {
  const { hop, hopLimit, inline, now, planOf } = options;
  const mayRing = hop + 1 < hopLimit;
  const here = inline && opened.nodes.find(({ delayMs, path }) => delayMs === 0 && !planOf(path).isElsewhere);
  const nodes: Record<NodeId, ReadyNode | LeasedNode | LoopingNode> = {};
  const rings: { path: NodeId; delayMs: Ms }[] = [];
  const needs: EpochMs[] = [];
  for (const path of opened.loops) {
    nodes[path] = { status: 'waiting', iteration: 1, epoch, attempt: 0, attemptsMax: 0, notBefore: now };
  }
  let continues: Fence | undefined;
  for (const node of opened.nodes) {
    const plan = planOf(node.path);
    if (inline && node === here) {
      const until = Math.min(now + plan.leaseMs, inline.endsAt);
      nodes[node.path] = leased(node, epoch, plan, { inline, now, until });
      continues = { node: node.path, epoch, nonce: inline.nonce };
      needs.push(leaseNeedAt(until));
      continue;
    }
    const notBefore = now + node.delayMs;
    const isRung = mayRing && node.delayMs <= messageDelayMaxMs;
    nodes[node.path] = { status: 'ready', ...common(node, epoch, plan), attempt: 0, notBefore };
    if (isRung) rings.push({ path: node.path, delayMs: node.delayMs });
    needs.push(isRung ? notBefore + dispatchGraceMs : notBefore);
  }
  return {
    updates: Object.entries(nodes).map(([path, node]) => set(['nodes', path], node)),
    nodes,
    ...(continues && { continues }),
    rings,
    needAt: Math.min(...needs),
  };
}

function leased(
  node: OpenedNode,
  epoch: number,
  plan: NodePlan,
  { inline, now, until }: { inline: Inline; now: EpochMs; until: EpochMs },
): LeasedNode {
  return {
    status: 'running',
    ...common(node, epoch, plan),
    attempt: 1,
    notBefore: now,
    lease: { nonce: inline.nonce, until },
    worker: inline.worker,
    startedAt: now,
  };
}

const common = ({ from }: OpenedNode, epoch: number, { attemptsMax, pool, priority }: NodePlan) => ({
  epoch,
  attemptsMax,
  ...(from !== undefined && { from }),
  ...(pool !== undefined && { pool }),
  ...(priority !== undefined && { priority }),
});

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
