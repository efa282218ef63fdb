import { isOpen, type Run } from '../model/run.ts';
import type { Creation } from '../model/transition.ts';
import type { RunStore } from '../ports/run-store.ts';
import { spentText } from './spent-text.ts';
import type { Tab } from './tab.ts';
import { nothing, plus, sumOf } from './usage.ts';

/** What the submission of a run costs at least: one put, its entry in the index, one message. It is not written down. */
export const leastSubmission = plus(nothing, { writes: 1, tableUnits: 1, indexUnits: 1, sqsRequests: 1 });

interface Submitted {
  /** What was asked for so far: for a large input, for what it depends on. */
  readonly tab: Tab;
  /** Its part of the requests that ring for it and others. */
  readonly messages: number;
  /** Of a transaction, which is billed twice, its place among the runs in it. */
  readonly transaction?: { readonly index: number };
}

/** Has a new run say what its submission takes, where that is more than usual. */
export function carrySubmission(
  runs: Pick<RunStore, 'foresee'>,
  creation: Creation,
  submitted: Submitted,
): Creation {
  const spent = textOf(runs, creation.run, submitted);
  if (spent === undefined) return creation;
  // It makes the item larger itself.
  const run = { ...creation.run, spent };
  return { ...creation, run: { ...run, spent: textOf(runs, run, submitted) ?? spent } };
}

function textOf(
  runs: Pick<RunStore, 'foresee'>,
  run: Run,
  { messages, tab, transaction }: Submitted,
): string | undefined {
  if (!runs.foresee) return undefined;
  const units = runs.foresee(run);
  // An index follows later, as after any write.
  const times = transaction ? 2 : 1;
  const usage = sumOf([
    tab.sum,
    { writes: 1, tableUnits: times * units.table, indexUnits: units.index, sqsRequests: messages },
    // The number of the open runs moves in the same transaction: the first of them pays for it.
    run.counted && transaction?.index === 0 ? { writes: 1, tableUnits: 2 } : {},
  ]);
  const text = spentText(usage);
  return text === spentText(leastSubmission) ? undefined : text;
}

/** A run that goes on from another begins anew; its nodes that have ended were paid for by that one. */
export function unspent({ spent: _spent, ...run }: Run): Run {
  const open = Object.entries(run.nodes).map(([path, node]) => {
    if (!isOpen(node)) return [path, node];
    const { spent: _ofNode, ...rest } = node;
    return [path, rest];
  });
  return { ...run, nodes: Object.fromEntries(open) };
}
