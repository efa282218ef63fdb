import type { AwaitingNode, LoopingNode, Run, RunNode } from '../model/run.ts';

/** A loop that goes round: its body is what is worked on. */
export const isLooping = (node: RunNode | undefined): node is LoopingNode =>
  node?.status === 'waiting' && node.iteration !== undefined;

/** A node that waits for its signal or for its child run. */
export const isWaiting = (node: RunNode | undefined): node is AwaitingNode =>
  node?.status === 'waiting' && node.iteration === undefined;

/** Whether a signal is kept that a node waits for. */
export const isDeliverable = ({ nodes, signals }: Pick<Run, 'nodes' | 'signals'>): boolean =>
  signals?.some(({ name }) =>
    Object.values(nodes).some((node) => isWaiting(node) && node.signal?.name === name),
  ) ?? false;

/** Whether a run that one of its nodes stands for is not known to have ended. */
export const hasLiveChildren = ({ nodes }: Pick<Run, 'nodes'>): boolean =>
  Object.values(nodes).some(
    ({ child, status }) =>
      child !== undefined &&
      child.status === undefined &&
      (status === 'ready' || status === 'running' || status === 'waiting'),
  );
