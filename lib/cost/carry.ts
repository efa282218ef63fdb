import type { NodeId } from '../model/ids.ts';
import type { Dispatch } from '../model/message.ts';
import type { Run, RunNode } from '../model/run.ts';
import type { Transition } from '../model/transition.ts';
import type { RunStore } from '../ports/run-store.ts';
import { sendRequests } from './messages.ts';
import { readSpent, spentText } from './spent-text.ts';
import { currentTab } from './tab.ts';
import { nothing, plus, sumOf, type Usage } from './usage.ts';

interface Write {
  readonly transition: Transition;
  /** Rung for after it. */
  readonly dispatches: readonly Dispatch[];
  /** What else its writer will ask for after it. */
  readonly later?: Partial<Usage>;
}

interface Carried {
  readonly transition: Transition;
  /** To be called once it was applied. */
  readonly paid: () => void;
}

/**
 * Has the write that ends an attempt say what was spent on its node: all that its holder has asked for since it holds
 * the node, the earlier attempts that told of it, and what is still to come, this write and its doorbells. What is to
 * come is foreseen; where it turns out otherwise, the difference is on the next node that the same holder goes on with.
 *
 * ```
 * claim ─ read ─ … ─ commit (claim + read + … + this commit, foreseen) ─▶ applied, and billed a unit more
 *                                                     └ the next node's commit (that unit + … + this commit, foreseen)
 * ```
 *
 * Where the write takes its own node out, because a loop goes round, the loop gets it, with what its nodes had told.
 */
export function carrySpent(
  runs: Pick<RunStore, 'foresee'>,
  run: Run,
  node: NodeId,
  { dispatches, later = {}, transition }: Write,
): Carried {
  const tab = currentTab();
  if (!tab || !runs.foresee) return { transition, paid: () => {} };
  const seen = tab.sum;
  const loop = loopThatGoesRound(transition, node);
  const tellers = loop === undefined ? [node] : [loop, ...takenOut(run, transition)];
  const before = sumOf(tellers.flatMap((path) => run.nodes[path] ?? []).map(spentOn));
  const carrying = (usage: Usage): Transition => {
    const updates = keeping(run, loop ?? node, usage);
    return { ...transition, updates: [...transition.updates, ...updates] };
  };
  // What is said takes a few bytes itself, and hardly more or less for another number.
  const units = runs.foresee(run, carrying(sumOf([before, seen, { writes: 1, tableUnits: 1 }])));
  const coming = sumOf([
    { writes: 1, tableUnits: units.table, indexUnits: units.index },
    { sqsRequests: sendRequests(dispatches.length) },
    later,
  ]);
  return {
    transition: carrying(sumOf([before, seen, coming])),
    paid: () => tab.settle(plus(seen, coming)),
  };
}

/**
 * What was spent on a node, as far as its holders have told. One that has ended and says nothing took one small write;
 * what a holder had asked for that died, or lost its lease, nobody knows.
 */
export function spentOn({ spent, startedAt, status }: RunNode): Usage {
  if (spent !== undefined) return readSpent(spent);
  const hasEnded = startedAt !== undefined && (status === 'succeeded' || status === 'failed');
  return hasEnded ? readSpent() : nothing;
}

function keeping(run: Run, node: NodeId, usage: Usage): Transition['updates'] {
  const path = ['nodes', node, 'spent'];
  const text = spentText(usage);
  if (text !== undefined) return [{ set: path, value: text }];
  return run.nodes[node]?.spent === undefined ? [] : [{ remove: path }];
}

/** The loop whose next iteration takes the place of the node. */
function loopThatGoesRound({ updates }: Transition, node: NodeId): NodeId | undefined {
  const [loop] = updates.flatMap((update) =>
    'set' in update && update.set.length === 3 && update.set[2] === 'iteration' ? [update.set[1]] : [],
  );
  const isReplaced = updates.some((update) => replacedBy(update) === node);
  return isReplaced ? (loop as NodeId | undefined) : undefined;
}

/** Nodes that are there, and are removed or begin anew by the write. */
const takenOut = (run: Run, { updates }: Transition): NodeId[] =>
  updates.flatMap((update) => {
    const path = replacedBy(update);
    return path !== undefined && run.nodes[path] ? [path] : [];
  });

function replacedBy(update: Transition['updates'][number]): NodeId | undefined {
  const path = 'set' in update ? update.set : 'remove' in update ? update.remove : [];
  return path.length === 2 && path[0] === 'nodes' ? (path[1] as NodeId) : undefined;
}
