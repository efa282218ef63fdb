import type { NodeId } from '../model/ids.ts';
import type { Run, RunNode } from '../model/run.ts';
import { spentOn } from './carry.ts';
import { leastSubmission } from './carry-submission.ts';
import { readSpent } from './spent-text.ts';
import { sumOf, type Usage } from './usage.ts';

/** What a part of a run was billed. */
export interface SpentPart {
  /** Absent of the submission. */
  readonly node?: NodeId;
  readonly usage: Usage;
}

/**
 * What a run has asked of AWS, by its parts: the submission, then each node that somebody has held, in the order in which
 * they began.
 *
 * Each node has the write by which its holder got hold of it, what was read, kept and renewed for it, its attempt's notes,
 * its part of bringing and deleting messages, its commit and the messages that follow that. Counted is what came before
 * the commit. Foreseen are the commit's units (of the item as its holder saw it: a sibling's write may make it a unit
 * more), its doorbells, and that its message is deleted. Not in it is what others do to the run: looks of discovery,
 * cancels, signals, reads by clients, the duties of a run that has ended towards others; and what a holder had asked for
 * that died or lost its lease.
 *
 * @param earlier its nodes that have left its item
 */
export function spentParts(run: Run, earlier: Readonly<Record<NodeId, RunNode>>): SpentPart[] {
  const nodes = Object.entries({ ...earlier, ...run.nodes }) as [NodeId, RunNode][];
  const own = nodes
    .filter(([, node]) => !isOfAnother(run, node))
    .sort(([, a], [, b]) => beginOf(a) - beginOf(b));
  const spent = own.map(([node, stored]) => ({ node, usage: spentOn(stored) }));
  // What a run starts itself is on the tab of its node.
  const submission = run.parent ? [] : [{ usage: submissionOf(run) }];
  return [...submission, ...spent.filter(({ usage }) => usage.writes > 0)];
}

const submissionOf = ({ spent }: Run): Usage => (spent === undefined ? leastSubmission : readSpent(spent));

/** Carried over from the run that this one goes on from. */
const isOfAnother = ({ createdAt, retryOf }: Run, node: RunNode): boolean =>
  retryOf !== undefined && 'endedAt' in node && node.endedAt <= createdAt;

const beginOf = (node: RunNode): number => node.startedAt ?? node.notBefore;

export const totalUsage = (parts: readonly SpentPart[]): Usage => sumOf(parts.map(({ usage }) => usage));
